"""Work besides trainings: every job of every other kind there is, newest first."""

import streamlit as st

from ftcore import names
from ftcore.runs import kinds, store
from pages.components import formatting, session, shell

MOST = 50  # that are shown


def show(*, besides: str = "train") -> None:
    """The list of all jobs but those of one kind, in a part of the page that a click opens.

    Args:
        besides: The kind that is shown elsewhere.
    """
    with shell.part("Other work", key="other_work", icon=":material/list_alt:") as opened:
        if not opened:
            return
        jobs = [job for kind in kinds.KINDS if kind != besides for job in store.list_jobs(kind)]
        jobs.sort(key=lambda job: job.created, reverse=True)
        if not jobs:
            st.caption("None yet: imports, examinations, estimates and the like will appear here.")
        for job in jobs[:MOST]:
            kind, state = kinds.find(job.kind), session.state(job)
            badge = formatting.badge(state.status, doing=kind.doing)
            st.markdown(
                f"{kind.title}: **{names.markdown(job.name)}** {badge} :gray[{formatting.when(job.created)}]",
                help=names.markdown(state.problem) or None,
            )
        if len(jobs) > MOST:
            st.caption(f"The newest {MOST} of {len(jobs):,}.")
