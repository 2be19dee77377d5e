"""Everything a page computes more than once, with a bound, and the heavy imports behind a spinner."""

from pages.components.cached.datasets import (
    average,
    drawn_map,
    evidence,
    groups,
    guessed_domain,
    histogram,
    matching,
    records,
    sizes,
    small,
    thumbnail,
    training_rows,
    variants,
)  # fmt: skip
from pages.components.cached.runs import bundle, keep_weights, test_tables, unknown_architecture
from pages.components.cached.sources import contents_there, sample_availability, table, upload_contents

__all__ = [
    "average",
    "bundle",
    "contents_there",
    "drawn_map",
    "evidence",
    "groups",
    "guessed_domain",
    "histogram",
    "keep_weights",
    "matching",
    "records",
    "sample_availability",
    "sizes",
    "small",
    "table",
    "test_tables",
    "thumbnail",
    "training_rows",
    "unknown_architecture",
    "upload_contents",
    "variants",
]  # fmt: skip
