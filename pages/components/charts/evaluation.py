"""Charts of what a trained model said: mixed-up classes, numbers over the truth, probabilities."""

from collections.abc import Sequence

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from ftcore.names import html
from pages.components.charts.base import BEST, TEST, TRAIN, VALIDATION, framed, told_apart


def confusion(table: pd.DataFrame) -> go.Figure:
    """Truth against answer. ``table`` has true, predicted, count, share."""
    order = list(dict.fromkeys(table["true"]))
    counts = table.pivot(index="true", columns="predicted", values="count").loc[order, order]
    shares = table.pivot(index="true", columns="predicted", values="share").loc[order, order]
    names = told_apart(order)
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
    return framed(figure, height=max(360, min(900, 140 + 30 * len(order))))


def truth_and_answer(pairs: pd.DataFrame, title: str) -> go.Figure:
    """One number of many pictures, the answer over the truth. ``pairs`` has true and predicted."""
    low = float(min(pairs["true"].min(), pairs["predicted"].min()))
    high = float(max(pairs["true"].max(), pairs["predicted"].max()))
    figure = go.Figure(
        go.Scatter(
            x=[low, high], y=[low, high], mode="lines", line={"color": TEST, "dash": "dot"}, name="Exactly right"
        )
    )
    figure.add_scatter(
        x=pairs["true"],
        y=pairs["predicted"],
        mode="markers",
        marker={"color": TRAIN, "opacity": 0.6},
        name="Test pictures",
        hovertemplate="Truly %{x:.4g}, model said %{y:.4g}<extra></extra>",
    )
    figure.update_layout(xaxis_title=f"Truth: {html(title)}", yaxis_title="Model said")
    return framed(figure, height=420)


def probabilities(
    names: Sequence[str], values: Sequence[float], *, n_shown: int = 6, threshold: float | None = None
) -> go.Figure:
    """Class probabilities as bars, the most likely on top.

    Without a threshold the first is the answer; with one, drawn as a line, all that reach it are.
    """
    pairs = sorted(zip(values, names, strict=True), reverse=True)[:n_shown]
    pairs.reverse()
    top = len(pairs) - 1
    answers = [index == top if threshold is None else value >= threshold for index, (value, _) in enumerate(pairs)]
    figure = go.Figure(
        go.Bar(
            x=[value for value, _ in pairs],
            y=told_apart([name for _, name in pairs]),
            orientation="h",
            text=[f"{value:.1%}" for value, _ in pairs],
            marker_color=[BEST if chosen else TEST for chosen in answers],
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1.12], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1.0])
    figure.update_yaxes(type="category")
    figure.update_traces(textposition="outside", cliponaxis=False)
    if threshold is not None:
        figure.add_vline(x=threshold, line={"color": VALIDATION, "dash": "dot"})
    return framed(figure, height=80 + 28 * len(pairs))
