"""The job behind an import or a new division: handed in, shown while it works, opened when it is done."""

from typing import Any

import streamlit as st

from ftcore import names
from ftcore.datasets.sources import samples
from ftcore.runs import store
from ftcore.runs.state import JobState
from pages.components import job_progress, session, shell


def submit(request: dict[str, Any], name: str) -> None:
    """Start an import, or a new division, and show it on the Dataset page.

    Args:
        request: As the job takes it, see store.Job.
        name: That people will call it by.
    """
    job = store.create("import", name or "upload", request)
    session.submit(job)
    shell.go("dataset", dataset=None, run=None, **{"import": job.id})


def submit_sample(name: str) -> None:
    """Start importing a sample and show it on the Dataset page."""
    submit({"source": f"sample:{name}"}, samples.find(name).title)


def progress() -> None:
    """Show the import that the address names; when it is done, open its data set."""
    job = session.job("import")
    if job is None:
        return
    state = session.state(job)
    if state.status == "finished":
        shell.go("dataset", dataset=state.dataset, run=None, **{"import": None})
    if state.status in ("failed", "interrupted"):
        st.error(names.markdown(state.problem), icon=":material/error:")
        if state.status == "interrupted" and st.button("Import again", key="import_again"):
            session.submit(job)
            st.rerun()
        shell.link("dataset", "Choose other pictures", **{"import": None})
        if "divide" in job.request:
            shell.link("dataset", "Back to the pictures", dataset=job.request["divide"], **{"import": None})
        return
    job_progress.follow(job, _bar)


def _bar(_job: store.Job | None, state: JobState) -> None:
    stage = state.stage
    count = f": {stage.done:,} of {stage.total:,}" if stage and stage.total else ""
    job_progress.bar(state, waiting="Starting", words=lambda label: f"{label}{count}")
