"""Figures from tables: every class keeps a place of its own, whatever it is called."""

import base64
import json

import numpy as np
import pandas as pd

from pages.components import charts
from tests.pages.conftest import open_page

LONG = "a name that is far too long for any axis, number "


def test_long_names_that_begin_alike_stay_apart():
    names = [f"{LONG}{i}" for i in range(3)] + ["short", LONG * 2 + "end", LONG * 3 + "end"]
    rows = [(name, split, i + 1) for i, name in enumerate(names) for split in charts.SPLIT_LABELS]
    figure = charts.class_counts(pd.DataFrame(rows, columns=["label", "split", "count"]))
    for bar in figure.data:
        assert len(set(bar.x)) == len(names) and list(bar.y) == [1, 2, 3, 4, 5, 6] and bar.x == figure.data[0].x
    assert figure.data[0].x[0].endswith("number 0") and figure.data[0].x[3] == "short"
    assert list(figure.data[0].customdata) == names


def test_long_names_stay_apart_in_every_chart_of_classes():
    names = [f"{LONG}{i}" for i in range(3)]
    pairs = [(true, said, 1, 0.5) for true in names for said in names]
    confusion = charts.confusion(pd.DataFrame(pairs, columns=["true", "predicted", "count", "share"]))
    assert len(set(confusion.data[0].x)) == len(set(confusion.data[0].y)) == 3
    assert len(set(charts.probabilities(names, [0.5, 0.3, 0.2]).data[0].y)) == 3


def test_names_that_need_no_cut_are_shown_as_they_are():
    rows = [(name, split, 1) for name in ("cat", "<b>") for split in charts.SPLIT_LABELS]
    figure = charts.class_counts(pd.DataFrame(rows, columns=["label", "split", "count"]))
    assert list(figure.data[0].x) == ["cat", "&lt;b&gt;"]


def test_the_page_draws_how_each_number_is_spread(import_task):
    dataset = import_task("numbers")
    at = open_page("dataset", dataset=dataset.id)
    assert not at.exception

    def bars():
        figure = json.loads(next(chart.proto.spec for chart in at.get("plotly_chart")))
        assert sum(height for bar in figure["data"] for height in decoded(bar["y"])) == dataset.n_images
        return figure["data"][0]["x"]

    first = bars()
    at.selectbox[0].set_value(1).run()
    assert not at.exception and len(set(first)) == len(set(bars())) == 16 and first != bars()


def decoded(values):
    """A list of plotly's, which may be packed."""
    if isinstance(values, list):
        return values
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()
