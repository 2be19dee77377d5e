"""Tables in, Plotly figures out. No number is made here."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from ftcore.names import html
from ftcore.tasks import scores
from ftcore.tasks.labels import natural

TRAIN, VALIDATION, TEST, BEST = "#3b7dd8", "#e07b39", "#7a8b99", "#2e9e5b"
SPLIT_COLOURS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
_MANY = px.colors.qualitative.D3 + px.colors.qualitative.Set2 + px.colors.qualitative.Bold[:6]  # one for each class
QUIET = {"displayModeBar": False}  # plotly's own buttons would cover legends, and nobody here needs them
SPLIT_LABELS = {"train": "Training", "validation": "Validation", "test": "Test"}


def class_counts(counts: pd.DataFrame) -> go.Figure:
    """Pictures per class, stacked by split. ``counts`` has label, split, count."""
    figure = go.Figure()
    for split, label in SPLIT_LABELS.items():
        part = counts[counts["split"] == split]
        figure.add_bar(
            x=_told_apart(part["label"]),
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
    _framed(figure, height=240)
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
    return _framed(figure, height=280)


def confusion(table: pd.DataFrame) -> go.Figure:
    """Truth against answer. ``table`` has true, predicted, count, share."""
    order = list(dict.fromkeys(table["true"]))
    counts = table.pivot(index="true", columns="predicted", values="count").loc[order, order]
    shares = table.pivot(index="true", columns="predicted", values="share").loc[order, order]
    names = _told_apart(order)
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
    return _framed(figure, height=420)


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
            y=_told_apart([name for _, name in pairs]),
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
    return _framed(figure, height=80 + 28 * len(pairs))


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
            y=_told_apart([row["title"] for row in ordered]),
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
    return _framed(figure, height=90 + 34 * n_candidates)


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
    return _framed(figure, height=420)


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
    _framed(figure, height=560)
    return figure.update_layout(legend={"y": -0.05})


def _coloured(points: pd.DataFrame, number: int | None) -> Iterator[tuple[str, dict[str, Any], pd.DataFrame]]:
    """Name, colour and dots of each series: one for each of the most frequent labels and one for all others."""
    if number is not None:
        values = [target[number] for target in points["target"]]
        yield "", {"color": values, "colorscale": "Viridis", "showscale": True}, points
        return
    counts = points["label"].value_counts()
    known = sorted(counts.index[: len(_MANY)], key=natural)
    for label, colour in zip(known, _MANY, strict=False):
        yield _short(label), {"color": colour}, points[points["label"] == label]
    others = points[~points["label"].isin(known)]
    if len(others):
        yield "all others", {"color": TEST}, others


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
    return _framed(figure, height=190)


def _epoch_axis(figure: go.Figure, n_epochs: int, n_done: int, n_ticks: int = 8) -> None:
    """The whole run from the start, so that the axis does not move while the curve grows; of a long run, what is done
    and a little more."""
    n_epochs = min(n_epochs, max(40, 10 * math.ceil(n_done / 8)))
    figure.update_xaxes(range=[0.5, max(n_epochs, 2) + 0.5], dtick=max(1, -(-n_epochs // n_ticks)), tickangle=0)


def _short(name: str, longest: int = 24) -> str:
    return html(name if len(name) <= longest else name[: longest - 1] + "…")


def _told_apart(names: Iterable[str], longest: int = 24) -> list[str]:
    """Short names for an axis. What has the same text there is one place to plotly: names that only differ at their
    end are cut in the middle, and if that does not tell them apart an invisible space does."""
    names = list(names)
    short = [_short(name, longest) for name in names]
    often = Counter(short)
    half = longest // 2
    short = [
        html(f"{name[: half - 1]}…{name[-half:]}") if often[text] > 1 and len(name) > longest else text
        for name, text in zip(names, short, strict=True)
    ]
    seen: Counter[str] = Counter()
    for place, text in enumerate(short):
        short[place] = text + "\u200b" * seen[text]
        seen[text] += 1
    return short


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
