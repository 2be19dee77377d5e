import numpy as np
import pandas as pd
import pytest

from ftcore.datasets.explore.query import Query, has_class, matching


def made(targets, n=None):
    """A table of ``n`` pictures with markup and capitals in their paths; every tenth is excluded."""
    n = n or len(targets)
    split = np.array(["train", "train", "validation", "test"])[np.arange(n) % 4].astype(object)
    split[9::10] = ""
    paths = [f"Class/IMG_{i:03}[a].jpg" for i in range(n)]
    return pd.DataFrame({"path": paths, "split": split, "target": targets})


@pytest.fixture
def single():
    return made([i % 3 for i in range(60)])


def test_without_a_filter_everything_that_is_used_is_shown_once(single):
    for order in ("mixed", "listed"):
        found = matching(single, Query(order=order))
        assert sorted(found) == [i for i in range(60) if i % 10 != 9]
    assert list(found) == sorted(found)


def test_filters_leave_what_fits_all_of_them(single):
    found = matching(single, Query(target=1, split="train", order="listed"))
    assert list(found) == [i for i in range(60) if i % 3 == 1 and i % 4 < 2 and i % 10 != 9]
    evidence = (4, 9, 13, 25)
    assert list(matching(single, Query(target=1, order="listed"), evidence)) == [4, 13, 25]
    assert len(matching(single, Query(), ())) == 0


@pytest.mark.parametrize(("text", "n"), [("img_01", 9), ("IMG_01", 9), ("[a]", 54), (" 012 ", 1), ("(", 0), ("\\", 0)])
def test_a_search_is_plain_text_and_looks_at_the_path(single, text, n):
    assert len(matching(single, Query(text=text))) == n


def test_what_was_left_out_is_shown_only_where_it_is_asked_for(single):
    assert list(matching(single, Query(split="excluded", order="listed"))) == [9, 19, 29, 39, 49, 59]
    assert list(matching(single, Query(split="excluded", target=1, order="listed"))) == [19, 49]


def test_a_filter_does_not_deal_the_mixed_order_anew(single):
    everything = list(matching(single, Query()))
    some = list(matching(single, Query(target=2)))
    assert some == [row for row in everything if row % 3 == 2]
    assert everything != sorted(everything) and everything == list(matching(single, Query()))


def test_a_picture_of_several_classes_fits_each_of_them():
    targets = [[0], [0, 2], [], [1, 2], [2]]
    assert has_class(pd.Series(targets), 2).tolist() == [False, True, False, True, True]
    assert has_class(pd.Series([np.array(t, np.int64) for t in targets]), 0).tolist() == [True, True] + [False] * 3
    assert list(matching(made(targets), Query(target=2, order="listed"))) == [1, 3, 4]
    assert not len(matching(made([[]]), Query(target=0)))


def test_pictures_with_numbers_are_put_in_their_order():
    table = made([[3.0, 1.0], [1.0, 2.0], [2.0, 3.0], [1.0, 0.0]])
    assert list(matching(table, Query(order="rising"))) == [1, 3, 2, 0]
    assert list(matching(table, Query(order="falling"))) == [0, 2, 1, 3]
    assert list(matching(table, Query(order="rising", number=1))) == [3, 0, 1, 2]


def test_an_empty_table_fits_nothing():
    for wanted in (Query(), Query(target=0, text="x", order="listed")):
        assert not len(matching(made([]).astype({"path": str, "split": str, "target": int}), wanted))
