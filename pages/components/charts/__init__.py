"""Tables in, Plotly figures out. No number is made here."""

from pages.components.charts.base import QUIET, SPLIT_LABELS, TEST
from pages.components.charts.dataset import class_counts, picture_map, sizes
from pages.components.charts.evaluation import confusion, probabilities, truth_and_answer
from pages.components.charts.models import freezing, leaderboard
from pages.components.charts.training import history, per_epoch, rates, schedule

__all__ = [
    "QUIET", "SPLIT_LABELS", "TEST", "class_counts", "confusion", "freezing", "history", "leaderboard", "per_epoch",
    "picture_map", "probabilities", "rates", "schedule", "sizes", "truth_and_answer",
]  # fmt: skip
