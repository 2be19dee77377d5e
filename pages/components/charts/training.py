"""Charts of a run: curves over the epochs, the schedule before it, the trial of learning rates."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from pages.components.charts.base import BEST, TEST, TRAIN, VALIDATION, framed


def history(
    rows: Sequence[dict[str, Any]],
    metric: str,
    title: str,
    *,
    n_epochs: int,
    best: int | None,
    in_percent: bool = False,
) -> go.Figure:
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
    if in_percent:
        figure.update_yaxes(tickformat=".0%")
    if not rows:
        figure.update_yaxes(range=[0, 1])  # Plotly's own empty axis begins below 0
    return framed(figure, height=320)


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
    return framed(figure, height=200)


def schedule(rows: Sequence[dict[str, Any]], n_epochs: int) -> go.Figure:
    """The learning rate over the epochs, before a run is started. ``rows`` have epoch, rate, phase, label."""
    figure = go.Figure()
    starts = [
        row for before, row in zip([None, *rows], rows, strict=False) if not before or before["phase"] != row["phase"]
    ]
    for start in starts:
        part = [row for row in rows if row["phase"] == start["phase"]]
        figure.add_scatter(
            x=[row["epoch"] for row in part],
            y=[row["rate"] for row in part],
            mode="lines" if len(part) > 1 else "markers",
            line={"color": TRAIN},
            showlegend=False,
            hovertemplate=f"{start['label']}, after %{{x:.2f}} epochs: %{{y:.3g}}<extra></extra>",
        )
        if len(starts) > 1:
            figure.add_vline(x=start["epoch"], line={"color": TEST, "width": 1, "dash": "dot"})
            figure.add_annotation(
                x=start["epoch"],
                y=1,
                yref="paper",
                xanchor="left",
                yanchor="bottom",
                text=start["label"],
                showarrow=False,
            )
    figure.update_layout(xaxis_title="Epoch", yaxis_title="Learning rate")
    figure.update_xaxes(range=[0, n_epochs])
    figure.update_yaxes(rangemode="tozero", exponentformat="power")
    framed(figure, height=240)
    return figure.update_layout(margin={"t": 30})


def rates(found: Sequence[float], losses: Sequence[float], suggestion: float, current: float) -> go.Figure:
    """The loss over rising learning rates, with the suggested rate and the one that is set."""
    figure = go.Figure(
        go.Scatter(
            x=found, y=losses, line={"color": TRAIN}, hovertemplate="Rate %{x:.2g}: loss %{y:.3g}<extra></extra>"
        )
    )
    marks = [(suggestion, f"Suggested {suggestion:.2g}", BEST, "top"), (current, f"Now {current:.2g}", TEST, "bottom")]
    for rate, text, colour, place in marks:
        figure.add_vline(x=rate, line={"color": colour, "width": 2, "dash": "dot"})
        figure.add_annotation(
            x=math.log10(rate),  # annotations on a logarithmic axis are placed by exponent
            y=1 if place == "top" else 0,
            yref="paper",
            xanchor=(side := "right" if rate > found[len(found) // 2] else "left"),
            xshift=-4 if side == "right" else 4,
            yanchor=place,
            text=text,
            font={"color": colour},
            showarrow=False,
        )
    figure.update_layout(xaxis_title="Learning rate", yaxis_title="Loss", showlegend=False)
    figure.update_xaxes(type="log", exponentformat="power", dtick=1)
    return framed(figure, height=280)


def _epoch_axis(figure: go.Figure, n_epochs: int, n_done: int, n_ticks: int = 8) -> None:
    """The whole run from the start, so that the axis does not move while the curve grows; of a long run, what is done
    and a little more."""
    n_epochs = min(n_epochs, max(40, 10 * math.ceil(n_done / 8)))
    figure.update_xaxes(range=[0.5, max(n_epochs, 2) + 0.5], dtick=max(1, -(-n_epochs // n_ticks)), tickangle=0)
