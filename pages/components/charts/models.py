"""Charts of models: the leaderboard of a race, and a network with what is frozen of it."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from ftcore.names import html
from ftcore.tasks import scores
from pages.components.charts.base import BEST, TEST, TRAIN, framed, told_apart


def leaderboard(rows: Sequence[dict[str, Any]], *, n_candidates: int) -> go.Figure:
    """Scores of a race with their 95 % intervals, the best on top; room for those that are still running.

    Args:
        rows: ``title``, ``metric``, ``score``, ``low`` and ``high`` (at most 1; below 0 for R² that is worse than the
            mean) of each that is known.
        n_candidates: How many run in all.
    """
    ordered = sorted(rows, key=lambda row: row["score"])
    figure = go.Figure(
        go.Bar(
            x=[row["score"] for row in ordered],
            y=told_apart([row["title"] for row in ordered]),
            orientation="h",
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [row["high"] - row["score"] for row in ordered],
                "arrayminus": [row["score"] - row["low"] for row in ordered],
                "color": TEST,
            },
            marker_color=[BEST if index == len(ordered) - 1 else TRAIN for index in range(len(ordered))],
            customdata=[[scores.text(row["metric"], row[key]) for key in ("score", "low", "high")] for row in ordered],
            hovertemplate="%{y}: %{customdata[0]} (%{customdata[1]} to %{customdata[2]})<extra></extra>",
        )
    )
    figure.update_xaxes(range=[min([0.0, *(row["low"] for row in rows)]), 1.02])
    if all(scores.find(row["metric"]).unit == "fraction" for row in rows):
        figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(type="category")
    return framed(figure, height=90 + 34 * n_candidates)


def freezing(rows: Sequence[dict[str, Any]]) -> go.Figure:
    """A network as one bar per depth group, from the picture to the answer, as wide and as high as it has parameters.

    Args:
        rows: ``name``, ``parameters``, ``learns``, ``lr`` (peak, 0 where frozen) and ``share`` (of the time of a
            forward pass, 0-1, or None) of each.
    """
    widths = [math.sqrt(row["parameters"] + 1) for row in rows]
    narrowest = max(widths) / 6  # a stem of a few hundred parameters is still there to be seen and pointed at
    widths = [max(width, narrowest) for width in widths]
    middles = [sum(widths[:place]) + width / 2 for place, width in enumerate(widths)]
    figure = go.Figure()
    for learns, label, colour in ((False, "Frozen", TEST), (True, "Learns", BEST)):
        part = [place for place, row in enumerate(rows) if row["learns"] == learns]
        figure.add_bar(
            x=[middles[place] for place in part],
            y=[widths[place] for place in part],
            base=[-widths[place] / 2 for place in part],
            width=[widths[place] * 0.92 for place in part],
            name=label,
            marker_color=colour,
            customdata=[
                [
                    html(rows[place]["name"]),
                    f"{rows[place]['parameters']:,}",
                    f"learns, at up to {rows[place]['lr']:.2g}" if learns else "is frozen",
                    "" if rows[place]["share"] is None else f"<br>{rows[place]['share']:.0%} of the time of a look",
                ]
                for place in part
            ],
            hovertemplate="<b>%{customdata[0]}</b> %{customdata[2]}<br>%{customdata[1]} parameters"
            "%{customdata[3]}<extra></extra>",
        )
    figure.update_layout(barmode="overlay", bargap=0)
    figure.update_xaxes(
        tickvals=[middles[0], middles[-1]], ticktext=["picture", "answer"], showgrid=False, zeroline=False
    )
    figure.update_yaxes(visible=False)
    return framed(figure, height=190)
