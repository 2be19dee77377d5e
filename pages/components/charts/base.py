"""What all charts share: colours, names on an axis, the frame."""

from collections import Counter
from collections.abc import Iterable

import plotly.express as px
import plotly.graph_objects as go

from ftcore.names import html

TRAIN, VALIDATION, TEST, BEST = "#3b7dd8", "#e07b39", "#7a8b99", "#2e9e5b"
SPLIT_COLOURS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
MANY = px.colors.qualitative.D3 + px.colors.qualitative.Set2 + px.colors.qualitative.Bold[:6]  # one for each class
QUIET = {"displayModeBar": False}  # plotly's own buttons would cover legends, and nobody here needs them
SPLIT_LABELS = {"train": "Training", "validation": "Validation", "test": "Test"}


def short(name: str, longest: int = 24) -> str:
    """A name for a legend, cut where it is too long, and escaped."""
    return html(name if len(name) <= longest else name[: longest - 1] + "…")


def told_apart(names: Iterable[str], longest: int = 24) -> list[str]:
    """Short names for an axis. What has the same text there is one place to plotly: names that only differ at their
    end are cut in the middle, and if that does not tell them apart an invisible space does."""
    names = list(names)
    shown = [short(name, longest) for name in names]
    often = Counter(shown)
    half = longest // 2
    shown = [
        html(f"{name[: half - 1]}…{name[-half:]}") if often[text] > 1 and len(name) > longest else text
        for name, text in zip(names, shown, strict=True)
    ]
    seen: Counter[str] = Counter()
    for place, text in enumerate(shown):
        shown[place] = text + "\u200b" * seen[text]
        seen[text] += 1
    return shown


def framed(figure: go.Figure, *, height: int) -> go.Figure:
    """Give a figure what all have in common: margins, the legend below, zoom that stays; returned for chaining."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 40 if figure.layout.title.text else 10, "b": 10},
        legend={"orientation": "h", "y": -0.3, "yanchor": "top", "x": 0, "xanchor": "left"},
        title={"x": 0, "xanchor": "left", "xref": "paper"},
        uirevision="keep",  # zoom and hidden lines survive an update
        hoverlabel={"namelength": -1},
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure
