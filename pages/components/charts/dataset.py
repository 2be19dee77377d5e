"""Charts of a data set: pictures per class, their sizes, their map."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ftcore.names import html
from ftcore.tasks.labels import natural
from pages.components.charts.base import MANY, SPLIT_COLOURS, SPLIT_LABELS, TEST, TRAIN, framed, short, told_apart


def class_counts(counts: pd.DataFrame) -> go.Figure:
    """Pictures per class, stacked by split. ``counts`` has label, split, count."""
    figure = go.Figure()
    for split, label in SPLIT_LABELS.items():
        part = counts[counts["split"] == split]
        figure.add_bar(
            x=told_apart(part["label"]),
            y=part["count"],
            name=label,
            marker_color=SPLIT_COLOURS[split],
            customdata=[html(name) for name in part["label"]],
            hovertemplate="%{customdata}: %{y} " + label.lower() + " pictures<extra></extra>",
        )
    figure.update_layout(barmode="stack", yaxis_title="Pictures")
    figure.update_xaxes(type="category")
    framed(figure, height=300)
    return figure.update_layout(legend={"y": 1.02, "yanchor": "bottom"})  # above: long class names stand below


def sizes(table: pd.DataFrame) -> go.Figure:
    """Width and height of pictures. ``table`` has width, height, count."""
    largest = math.log(1 + table["count"].max())
    figure = go.Figure(
        go.Scatter(
            x=table["width"],
            y=table["height"],
            mode="markers",
            marker={
                "size": [6 + 22 * math.log(1 + count) / largest for count in table["count"]],
                "color": TRAIN,
                "opacity": 0.6,
            },
            customdata=table["count"],
            hovertemplate="%{x} × %{y} pixels: %{customdata:,} pictures<extra></extra>",
            showlegend=False,
        )
    )
    low = min(table["width"].min(), table["height"].min())
    high = max(table["width"].max(), table["height"].max())
    figure.add_scatter(
        x=[low, high], y=[low, high], mode="lines", line={"color": TEST, "dash": "dot"}, hoverinfo="skip", name="Square"
    )
    figure.update_layout(xaxis_title="Width in pixels", yaxis_title="Height in pixels", showlegend=False)
    return framed(figure, height=420)


def picture_map(points: pd.DataFrame, axes: str, *, number: int | None = None) -> go.Figure:
    """Pictures as dots, coloured by label, or by one of their numbers.

    Args:
        points: Columns row, label, path, target, and for ``near`` x and y, for ``main`` main_x and main_y. The row is
            the first of a dot's custom data.
        axes: ``near`` or ``main``.
        number: Which of the numbers in ``target`` gives the colour; the label does if None.
    """
    x, y = ("x", "y") if axes == "near" else ("main_x", "main_y")
    figure = go.Figure()
    for name, colour, part in _coloured(points, number):
        figure.add_scatter(
            x=part[x],
            y=part[y],
            name=name,
            mode="markers",
            marker={"size": 6, "opacity": 0.8, **colour},
            selected={"marker": {"size": 12, "opacity": 1}},
            unselected={"marker": {"opacity": 0.4}},
            customdata=[
                [row, html(label), html(path)]
                for row, label, path in zip(part["row"], part["label"], part["path"], strict=True)
            ],
            hovertemplate="%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
        )
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False)
    figure.update_layout(clickmode="event+select", dragmode="pan")
    framed(figure, height=560)
    return figure.update_layout(legend={"y": -0.05})


def _coloured(points: pd.DataFrame, number: int | None) -> Iterator[tuple[str, dict[str, Any], pd.DataFrame]]:
    """Name, colour and dots of each series: one for each of the most frequent labels and one for all others."""
    if number is not None:
        values = [target[number] for target in points["target"]]
        yield "", {"color": values, "colorscale": "Viridis", "showscale": True}, points
        return
    counts = points["label"].value_counts()
    known = sorted(counts.index[: len(MANY)], key=natural)
    for label, colour in zip(known, MANY, strict=False):
        yield short(label), {"color": colour}, points[points["label"] == label]
    others = points[~points["label"].isin(known)]
    if len(others):
        yield "all others", {"color": TEST}, others
