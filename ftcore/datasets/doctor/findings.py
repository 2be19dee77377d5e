"""What the doctor can find: the issues, how grave they are, and how findings lie on disk."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ftcore import workspace
from ftcore.datasets.records import Dataset
from ftcore.datasets.versions import Edit

FILE = "findings.json"
FORMAT = 2
"""Grows when the doctor learns something; findings of an older doctor are looked for again."""

_FORMERLY = "kind"  # what the first version of the app called the issue in its files; read, never written

SEVERITIES = ("serious", "warning", "note")
"""Worst first: makes scores wrong; makes the model worse; good to know."""


@dataclass(frozen=True)
class Issue:
    """``title`` for a list, and ``why``: one or two sentences on what it means for a model."""

    title: str
    why: str


ISSUES = {
    "leak": Issue(
        "The same picture in two splits",
        "A picture that the model has learned from is no test: the score comes out better than the model is.",
    ),
    "label_conflict": Issue(
        "One picture, different answers",
        "The model is told two different answers to one question, so it can learn neither. Give the right one to each.",
    ),
    "label_issue": Issue(
        "Probably a wrong label",
        "A model that never saw the picture is sure of another class, or expects another number, than the one it has. "
        "Many of these are mistakes in sorting or typing; some are just hard.",
    ),
    "shortcut": Issue(
        "The background gives the class away",
        "A model takes the easiest way. If the edges of the picture tell the class, it may never look at the thing "
        "itself, and fail on pictures with another background.",
    ),
    "exact_duplicate": Issue(
        "Exact copies", "A copy teaches nothing new and gives its picture a double weight in every score."
    ),
    "near_duplicate": Issue(
        "Almost the same picture",
        "Pictures of a burst, crops and re-saved copies count like several pictures but teach like one.",
    ),
    "out_of_range": Issue(
        "Numbers out of range",
        "One number that is far off counts like a hundred good ones: the model bends towards it.",
    ),
    "few_images": Issue(
        "Classes with few pictures", "A class needs examples: below twenty, luck decides what is learned."
    ),
    "imbalance": Issue(
        "Classes of very different size", "A model learns to bet on the large classes; the small ones pay for it."
    ),
    "unreadable": Issue("Unreadable files", "These files are damaged and were left out."),
    "dark": Issue("Very dark", "Nearly black pictures show too little to learn from."),
    "bright": Issue("Very bright", "Overexposed pictures show too little to learn from."),
    "blurry": Issue("Blurred", "Without sharp edges many things look alike."),
    "low_information": Issue("Hardly anything to see", "Empty or nearly empty pictures have nothing to learn from."),
    "odd_size": Issue(
        "Odd sizes and shapes", "Far larger, smaller or longer than the others: cut to a square, they lose most."
    ),
    "outlier": Issue("Unlike all others", "They may have come in by mistake, or be the rare case that matters."),
}


@dataclass(frozen=True)
class Finding:
    """One issue of a data set, wherever it was found.

    Args:
        issue: A key of ``ISSUES``.
        severity: One of ``SEVERITIES``.
        sentence: What was found, for people.
        count: How many pictures (or classes, for few_images and imbalance) it concerns.
        rows: Evidence: rows of the table, worst first.
        groups: Where the evidence belongs together (copies): its rows, group by group.
        suggestions: The class, or the classes in words, that each of ``rows`` probably has, for label_issue.
        names: Evidence that is not in the table, because the import left it out.
        remedy: Edits that mend it; empty where only more pictures, or nothing, would.
        remedy_words: What the button that does so says.
    """

    issue: str
    severity: str
    sentence: str
    count: int
    rows: tuple[int, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    suggestions: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    remedy: tuple[Edit, ...] = ()
    remedy_words: str = ""


@dataclass(frozen=True)
class Report:
    """Findings of one data set, worst first.

    Args:
        findings: At most one of each issue.
        whole: False where they were carried over from the version before an edit, and not looked for again.
        notes: What could not be looked at, and why.
    """

    findings: tuple[Finding, ...]
    whole: bool = True
    notes: tuple[str, ...] = ()


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Worst first; within a severity in the order of ``ISSUES``."""
    known = list(ISSUES)
    return tuple(sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), known.index(f.issue))))


def save(dataset: Dataset, report: Report) -> None:
    """Write the findings beside the data set, whole or not at all."""
    workspace.write_json(dataset.folder / FILE, {"format": FORMAT, **asdict(report)})


def load(dataset: Dataset) -> Report | None:
    """The findings of a data set, or None if nobody has looked yet."""
    try:
        value = json.loads((dataset.folder / FILE).read_text(encoding="utf-8"))
        if value["format"] != FORMAT:
            return None
        return Report(tuple(_finding(one) for one in value["findings"]), value["whole"], tuple(value["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _finding(value: Mapping[str, Any]) -> Finding:
    edits = tuple(Edit(e["action"], tuple(e["rows"]), e["value"]) for e in value["remedy"])
    known = {("issue" if key == _FORMERLY else key): item for key, item in value.items()}
    return Finding(
        **{
            **known,
            "rows": tuple(value["rows"]),
            "groups": tuple(tuple(group) for group in value["groups"]),
            "suggestions": tuple(value["suggestions"]),
            "names": tuple(value["names"]),
            "remedy": edits,
        }
    )
