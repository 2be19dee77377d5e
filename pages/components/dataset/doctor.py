"""The data doctor on the Dataset page: examine, look at the evidence, mend with one click, undo."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import streamlit as st

from ftcore import names, tasks
from ftcore.datasets import versions
from ftcore.datasets.doctor import findings
from ftcore.datasets.doctor.findings import ISSUES, Finding, Report
from ftcore.datasets.records import Dataset
from ftcore.datasets.versions import Edit
from ftcore.runs import store
from pages.components import cached, formatting, image_grid, job_progress, session, shell, task_views
from pages.components.dataset import dataset_list, edit

_ICONS = {"serious": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}
_COLOURS = {"serious": "red", "warning": "orange", "note": "blue"}
_LABELS = {"serious": "Makes scores wrong", "warning": "Makes the model worse", "note": "Good to know"}
_SAME_ANSWER = ("exact_duplicate", "near_duplicate", "leak")  # their pictures are right, only too many or misplaced
_GRID, _GROUPS, _NAMES = 24, 8, 200  # pictures, groups and file names on one page of evidence


def show(dataset: Dataset) -> None:
    """Findings and history of the open data set."""
    st.subheader(
        "Data doctor", help="Looks for pictures that mislead a model, or its score. Nothing changes by itself."
    )
    report, job = findings.load(dataset), job_progress.find("examine", dataset)
    if job is not None and not session.state(job).is_idle:
        job_progress.follow(job)
    elif report is None or not report.whole or report.notes:
        _ask(dataset, job, report)
    if report is not None:
        _list(dataset, report)
    _history(dataset)


def _ask(dataset: Dataset, job: store.Job | None, report: Report | None) -> None:
    if problem := job_progress.problem(job):
        st.error(names.markdown(problem), icon=":material/error:")
    text, button = st.columns([3, 1], vertical_alignment="center")
    if report is None:
        why = "Copies, mix-ups between training and test, wrong classes, blurred and dark pictures, and more."
    elif not report.whole:
        why = "These findings are what is left after your edit. Look again to be sure."
    else:
        why = "Not everything could be looked for. Look again when what was missing is there."
    text.caption(why)
    label = "Examine the pictures" if report is None else "Examine again"
    if button.button(label, key="examine", width="stretch"):
        job_progress.start("examine", dataset, job)


def _list(dataset: Dataset, report: Report) -> None:
    for note in report.notes:
        st.caption(names.markdown(note))
    if not report.findings:
        st.success("Nothing is wrong with these pictures, as far as the doctor can see.", icon=":material/check:")
    for finding in report.findings:
        with st.container(border=True):
            _finding(dataset, finding)


def _finding(dataset: Dataset, finding: Finding) -> None:
    issue = ISSUES[finding.issue]
    text, button = st.columns([3, 1], vertical_alignment="center")
    colour, icon = _COLOURS[finding.severity], _ICONS[finding.severity]
    text.markdown(f"**{issue.title}** :{colour}-badge[{icon} {_LABELS[finding.severity]}]")
    text.markdown(names.markdown(finding.sentence))
    text.caption(issue.why)
    if finding.remedy and button.button(finding.remedy_words, key=f"mend_{finding.issue}", width="stretch"):
        edit.do(dataset, finding.remedy)
    if not finding.rows and not finding.names:
        return
    if button.toggle("Show", key=f"show_{dataset.id}_{finding.issue}"):
        if finding.groups:
            _groups(dataset, finding)
        elif finding.rows:
            _grid(dataset, finding)
        if finding.names:
            shown = list(finding.names[:_NAMES])
            st.dataframe({"File": shown}, hide_index=True, alt=f"Files: {issue.title}", key=f"names_{finding.issue}")
            if len(finding.names) > _NAMES:
                st.caption(f"The first {_NAMES} of {len(finding.names):,}.")


def _groups(dataset: Dataset, finding: Finding) -> None:
    """Pictures that belong together, group by group; ticked is what the finding's own button would change."""
    table = cached.records(dataset.id)
    changed = {row for one in finding.remedy for row in one.rows}
    for group in finding.groups[image_grid.paging(len(finding.groups), _GROUPS, f"page_{finding.issue}")]:
        rows = group[:_GRID]
        captions = [f"{table['path'][row]} ({table['split'][row]})" for row in rows]
        if finding.issue == "label_conflict":
            captions = [f"{table['label'][row]}: {caption[-24:]}" for row, caption in zip(rows, captions, strict=True)]
        _ticked(dataset, finding, rows, captions, changed, f"{finding.issue}_{group[0]}")


def _grid(dataset: Dataset, finding: Finding) -> None:
    """Pictures one by one."""
    table = cached.records(dataset.id)
    part = image_grid.paging(len(finding.rows), _GRID, f"page_{finding.issue}")
    rows, suggestions = finding.rows[part], finding.suggestions[part]
    if suggestions:
        captions = [f"{table['label'][row]} → {better}?" for row, better in zip(rows, suggestions, strict=True)]
    else:
        column = "path" if tasks.of(dataset.task).has_classes else "label"
        captions = [str(table[column][row]) for row in rows]
    _ticked(dataset, finding, rows, captions, set(rows), finding.issue)


def _ticked(
    dataset: Dataset,
    finding: Finding,
    rows: Sequence[int],
    captions: Sequence[str],
    changed: Collection[int],
    key: str,
) -> None:
    """Pictures with a tick each, set for those in ``changed``, and what can be done to the ticked ones."""
    with st.form(f"grid_{key}", border=bool(finding.groups)):
        ticked = image_grid.ticks(dataset, rows, captions, changed, finding.issue)
        _actions(dataset, finding, ticked, key, rows[0])


def _actions(dataset: Dataset, finding: Finding, ticked: Sequence[int], key: str, first: int) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if finding.suggestions and st.form_submit_button(
            "Relabel the ticked ones as suggested", key="ticked_suggested"
        ):
            chosen = (replace(e, rows=tuple(r for r in e.rows if r in ticked)) for e in finding.remedy)
            edit.do(dataset, [one for one in chosen if one.rows])
        if st.form_submit_button("Leave the ticked ones out", key=f"ticked_out_{key}"):
            edit.do(dataset, [Edit("exclude", tuple(ticked), ISSUES[finding.issue].title.lower())])
    if finding.issue not in _SAME_ANSWER:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            answer = task_views.of(dataset.task).label_input(dataset, key, first)
            these = tasks.of(dataset.task).a_target
            if st.form_submit_button(f"Give the ticked ones this {these}", key=f"ticked_class_{key}"):
                edit.do(dataset, [Edit("relabel", tuple(ticked), answer)] if answer is not None else [])


def _history(dataset: Dataset) -> None:
    """The edits of the pictures so far, undo, and the other versions."""
    came_from = st.query_params.get("before", "")
    revisions = versions.history(dataset, came_from)
    others = [other for other in versions.family(dataset) if other != dataset]
    if not revisions and not others:
        return
    with st.container(border=True):
        st.markdown("**History**")
        st.caption(
            "Every edit makes a new version of the data set. Earlier ones stay, and your own files are not touched."
        )
        for number, revision in enumerate(revisions, 1):
            st.markdown(f"{number}. {names.markdown(', '.join(revision.words))} · {formatting.when(revision.at)}")
        before = versions.parent(dataset, came_from)
        if before is not None and st.button("Undo the last edit", key="undo", icon=":material/undo:"):
            shell.go("dataset", dataset=before.id, run=None, before=None)
        if others:
            dataset_list.choose_version(others, key=f"versions_{dataset.id}", placeholder="Open another version")
