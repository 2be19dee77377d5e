"""Tables in, Plotly figures out. No number is made here."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from ftcore.names import html
from ftcore.training.schedules import factor

TRAIN, VALIDATION, TEST, BEST = "#3b7dd8", "#e07b39", "#7a8b99", "#2e9e5b"
SPLIT_COLOURS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
QUIET = {"displayModeBar": False}  # plotly's own buttons would cover legends, and nobody here needs them
SPLIT_LABELS = {"train": "Training", "validation": "Validation", "test": "Test"}


def class_counts(counts: pd.DataFrame) -> go.Figure:
    """Pictures per class, stacked by split. ``counts`` has label, split, count."""
    figure = go.Figure()
    for split, label in SPLIT_LABELS.items():
        part = counts[counts["split"] == split]
        figure.add_bar(
            x=[_short(name) for name in part["label"]],
            y=part["count"],
            name=label,
            marker_color=SPLIT_COLOURS[split],
            customdata=[html(name) for name in part["label"]],
            hovertemplate="%{customdata}: %{y} " + label.lower() + " pictures<extra></extra>",
        )
    figure.update_layout(barmode="stack", yaxis_title="Pictures")
    figure.update_xaxes(type="category")
    _framed(figure, height=300)
    return figure.update_layout(legend={"y": 1.02, "yanchor": "bottom"})  # above: long class names stand below


def history(rows: Sequence[dict[str, Any]], metric: str, title: str, *, n_epochs: int, best: int | None) -> go.Figure:
    """A metric on training and validation pictures per epoch, the best epoch marked."""
    epochs = [row["epoch"] + 1 for row in rows]
    figure = go.Figure()
    for split, label, colour in (("train", "Training", TRAIN), ("val", "Validation", VALIDATION)):
        figure.add_scatter(
            x=epochs,
            y=[row[f"{split}_{metric}"] for row in rows],
            name=label,
            mode="lines+markers",
            line={"color": colour},
            hovertemplate=f"{label}, epoch %{{x}}: %{{y:.4g}}<extra></extra>",
        )
    if best is not None and best < len(rows):
        figure.add_scatter(
            x=[best + 1],
            y=[rows[best][f"val_{metric}"]],
            name="Best epoch",
            mode="markers",
            marker={"color": BEST, "size": 14, "symbol": "star"},
            hovertemplate="Best epoch %{x}: %{y:.4g}<extra></extra>",
        )
    figure.update_layout(title={"text": title, "font": {"size": 15}}, xaxis_title="Epoch")
    _epoch_axis(figure, n_epochs, len(rows))
    if metric == "accuracy":
        figure.update_yaxes(tickformat=".0%")
    return _framed(figure, height=320)


def per_epoch(rows: Sequence[dict[str, Any]], key: str, title: str, *, n_epochs: int, colour: str = TRAIN) -> go.Figure:
    """One small curve of a number per epoch."""
    figure = go.Figure(
        go.Scatter(
            x=[row["epoch"] + 1 for row in rows],
            y=[row[key] for row in rows],
            mode="lines+markers",
            line={"color": colour},
            hovertemplate="Epoch %{x}: %{y:.4g}<extra></extra>",
        )
    )
    figure.update_layout(title={"text": title, "font": {"size": 13}}, xaxis_title="Epoch", showlegend=False)
    _epoch_axis(figure, n_epochs, len(rows), n_ticks=4)
    figure.update_yaxes(rangemode="tozero")
    return _framed(figure, height=200)


def schedule(name: str, lr: float, warmup: float, n_steps: int) -> go.Figure:
    """The learning rate over the steps, before a run is started."""
    steps = sorted({round(index * (n_steps - 1) / 99) for index in range(100)})
    figure = go.Figure(go.Scatter(x=steps, y=[lr * factor(name, step, n_steps, warmup) for step in steps]))
    figure.update_traces(line={"color": TRAIN}, hovertemplate="Step %{x}: %{y:.3g}<extra></extra>")
    figure.update_layout(xaxis_title="Step", yaxis_title="Learning rate")
    figure.update_yaxes(rangemode="tozero")
    return _framed(figure, height=200)


def confusion(table: pd.DataFrame) -> go.Figure:
    """Truth against answer. ``table`` has true, predicted, count, share."""
    order = list(dict.fromkeys(table["true"]))
    counts = table.pivot(index="true", columns="predicted", values="count").loc[order, order]
    shares = table.pivot(index="true", columns="predicted", values="share").loc[order, order]
    names = [_short(name) for name in order]
    figure = px.imshow(
        shares.to_numpy(), x=names, y=names, color_continuous_scale="Blues", zmin=0, zmax=1, aspect="auto"
    )
    few = len(order) <= 25
    figure.update_traces(
        text=counts.to_numpy() if few else None,
        texttemplate="%{text}" if few else None,
        customdata=counts.to_numpy(),
        hovertemplate="Truly %{y}, model said %{x}: %{customdata} pictures (%{z:.0%})<extra></extra>",
    )
    figure.update_layout(xaxis_title="Model said", yaxis_title="Truly", coloraxis_colorbar={"tickformat": ".0%"})
    figure.update_xaxes(type="category", side="bottom")
    figure.update_yaxes(type="category")
    return _framed(figure, height=max(360, min(900, 140 + 30 * len(order))))


def probabilities(names: Sequence[str], values: Sequence[float], *, n_shown: int = 6) -> go.Figure:
    """Class probabilities as bars, the most likely on top."""
    pairs = sorted(zip(values, names, strict=True), reverse=True)[:n_shown]
    pairs.reverse()
    figure = go.Figure(
        go.Bar(
            x=[value for value, _ in pairs],
            y=[_short(name) for _, name in pairs],
            orientation="h",
            text=[f"{value:.1%}" for value, _ in pairs],
            marker_color=[BEST if index == len(pairs) - 1 else TEST for index in range(len(pairs))],
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1.12], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1.0])
    figure.update_yaxes(type="category")
    figure.update_traces(textposition="outside", cliponaxis=False)
    return _framed(figure, height=80 + 28 * len(pairs))


def standings(rows: Sequence[dict[str, Any]], *, n_entrants: int) -> go.Figure:
    """Scores of a race with their 95 % intervals, the best on top; room for those that are still running.

    Args:
        rows: ``title``, ``score``, ``low`` and ``high`` (0-1) of each that is known.
        n_entrants: How many run in all.
    """
    ordered = sorted(rows, key=lambda row: row["score"])
    figure = go.Figure(
        go.Bar(
            x=[row["score"] for row in ordered],
            y=[_short(row["title"]) for row in ordered],
            orientation="h",
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [row["high"] - row["score"] for row in ordered],
                "arrayminus": [row["score"] - row["low"] for row in ordered],
                "color": TEST,
            },
            marker_color=[BEST if index == len(ordered) - 1 else TRAIN for index in range(len(ordered))],
            customdata=[[row["low"], row["high"]] for row in ordered],
            hovertemplate="%{y}: %{x:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%")
    figure.update_yaxes(type="category")
    return _framed(figure, height=90 + 34 * n_entrants)


def _epoch_axis(figure: go.Figure, n_epochs: int, n_done: int, n_ticks: int = 8) -> None:
    """The whole run from the start, so that the axis does not move while the curve grows; of a long run, what is done
    and a little more."""
    n_epochs = min(n_epochs, max(40, 10 * math.ceil(n_done / 8)))
    figure.update_xaxes(range=[0.5, max(n_epochs, 2) + 0.5], dtick=max(1, -(-n_epochs // n_ticks)), tickangle=0)


def _short(name: str, longest: int = 24) -> str:
    return html(name if len(name) <= longest else name[: longest - 1] + "…")


def _framed(figure: go.Figure, *, height: int) -> go.Figure:
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
