"""What is left of the findings of a data set after an edit: rows keep their numbers, what was mended goes."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from ftcore.datasets import targets
from ftcore.datasets.doctor import remedies
from ftcore.datasets.doctor.findings import Finding, Report, load, save
from ftcore.datasets.records import Dataset
from ftcore.datasets.versions import Edit, edit


def mend(dataset: Dataset, report: Report, edits: Sequence[Edit]) -> Dataset:
    """Do edits: the version that comes out, with what is left of the findings beside it."""
    edited = edit(dataset, edits)
    if load(edited) is None:
        save(edited, carried(report, dataset, edited))
    return edited


def carried(report: Report, before: Dataset, after: Dataset) -> Report:
    """Return what is left of the findings of ``before`` in ``after``: rows keep their numbers, what was mended goes."""
    old, new = before.records(), after.records()
    split = new["split"].tolist()
    now = targets.hashable_targets(new)
    is_same = [one == other for one, other in zip(targets.hashable_targets(old), now, strict=True)]
    left = []
    for finding in report.findings:
        groups = tuple(group for g in finding.groups if len(group := tuple(r for r in g if split[r])) > 1)
        if finding.issue == "leak":
            groups = tuple(g for g in groups if len({split[row] for row in g}) > 1)
        if finding.issue == "label_conflict":
            groups = tuple(g for g in groups if len({now[row] for row in g}) > 1)
        rows = tuple(row for row in finding.rows if split[row])
        if finding.groups:
            rows = tuple(row for group in groups for row in group)
        if finding.suggestions or finding.issue in ("label_issue", "out_of_range"):
            rows = tuple(row for row in rows if is_same[row])
        if rows or finding.names or not finding.rows:
            left.append(_mended_by_group(_narrowed(finding, rows, groups), new))
    return Report(tuple(left), whole=False, notes=report.notes)


def _narrowed(finding: Finding, rows: tuple[int, ...], groups: tuple[tuple[int, ...], ...]) -> Finding:
    """The finding with fewer rows; its edits concern no others."""
    if len(rows) == len(finding.rows):
        return finding
    kept = set(rows)
    suggested = dict(zip(finding.rows, finding.suggestions, strict=True)) if finding.suggestions else {}
    remedy = (replace(one, rows=tuple(row for row in one.rows if row in kept)) for one in finding.remedy)
    return replace(
        finding,
        rows=rows,
        groups=groups,
        count=len(rows),
        sentence=f"{len(rows):,} of these pictures are left after your edit.",
        suggestions=tuple(suggested[row] for row in rows) if suggested else (),
        remedy=tuple(one for one in remedy if one.rows),
    )


def _mended_by_group(finding: Finding, table: pd.DataFrame) -> Finding:
    """The finding with edits that fit the table as it is now: what an earlier edit took away cannot be what stays."""
    if not finding.remedy:
        return finding
    if finding.issue == "leak":
        return replace(finding, remedy=remedies.into_one_split(table, finding.groups))
    if finding.issue in ("exact_duplicate", "near_duplicate"):
        return replace(finding, remedy=remedies.keep_one(table, finding.groups, finding.remedy[0].value))
    return finding
