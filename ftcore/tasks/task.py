"""What there is to say about a task, and nothing of it in any other place: each task is one object of this kind.

task        column ``target``                column ``label``     as an array
multiclass  class index                      its name             [N]    int64
multilabel  list of class indices, sorted    names, joined        [N, C] float32, 1 where a picture has the class
regression  list of values                   values, joined       [N, T] float32

``n_outputs`` are the classes C or the numbers T. Methods that take a ``Tensor`` use what it can do itself; scikit-learn
is imported inside the methods that need it: pages read tasks without either.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import numpy as np
import pandas as pd

from ftcore.metrics.outcome import Outcome
from ftcore.metrics.score import Score

if TYPE_CHECKING:
    from torch import Tensor

FEWEST = 3  # pictures per class: one for each split


class Labelled(Protocol):
    """A picture of an import with its label: ``labels`` for several classes, ``numbers`` for numbers."""

    @property
    def path(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def labels(self) -> tuple[str, ...]: ...

    @property
    def numbers(self) -> tuple[float, ...]: ...


Image = TypeVar("Image", bound=Labelled)


class Task(ABC):
    """Everything in which tasks differ.

    In words:
        name: In files, settings and on the command line; never renamed.
        label: What is learned of a picture, as a phrase.
        noun, nouns: What one output of the model is called, and several.
        a_target: What one picture has.
        evenly: How pictures are divided where nothing else decides.
        conflict: What copies with different labels are called.
        augmentation_note: What to mind when pictures are changed, or an empty text.
        main_in_words: The main score inside a sentence.
        weighting_note: What balanced class weights do.
        answer_in_words: What a model says, with places for ``n`` and ``classes``.
        answer_in_python: Code that makes an answer of ``y``, what the network gives for one picture [n].

    What it is:
        has_classes: Whether outputs are classes, and not numbers.
        several: Whether a picture may have any number of classes.
        link: From the network's outputs to values: ``softmax``, ``sigmoid`` or ``identity``.

    Scores (one row each, ftcore/metrics/score.py) and settings:
        scores: By name, in the order in which they are shown.
        main: The score that is shown where there is room for one.
        race_score: By which models are compared.
        fair_score: That counts small classes as much as large ones.
        losses: That serve it, the usual one first.
        weighs_by_size: Whether balanced weights change nothing where all classes have the same size.

    In a table:
        order: Columns that pictures are sorted by before their path.
        content_column: In which the hash of a data set finds what there is to learn.
        labels_name_classes: Whether the labels of all pictures together name every class.
        fills_every_fold: Whether each stratum must be in every fold.
        label_checks: Checks of the data doctor that read labels (ftcore/datasets/doctor/examine.py).
    """

    name: ClassVar[str]
    label: ClassVar[str]
    noun: ClassVar[str] = "class"
    nouns: ClassVar[str] = "classes"
    a_target: ClassVar[str]
    evenly: ClassVar[str]
    conflict: ClassVar[str]
    augmentation_note: ClassVar[str] = ""
    main_in_words: ClassVar[str]
    weighting_note: ClassVar[str] = ""
    answer_in_words: ClassVar[str]
    answer_in_python: ClassVar[str]

    has_classes: ClassVar[bool] = True
    several: ClassVar[bool] = False
    link: ClassVar[str]

    scores: ClassVar[dict[str, Score]]
    main: ClassVar[str]
    race_score: ClassVar[str]
    fair_score: ClassVar[str]
    losses: ClassVar[tuple[str, ...]]
    weighs_by_size: ClassVar[bool] = False

    order: ClassVar[tuple[str, ...]]
    content_column: ClassVar[str] = "label"
    labels_name_classes: ClassVar[bool] = False
    fills_every_fold: ClassVar[bool] = False
    label_checks: ClassVar[tuple[str, ...]]

    # targets: from labels to a column, from a column to an array

    @abstractmethod
    def coded(self, table: pd.DataFrame, called: tuple[str, ...]) -> tuple[tuple[str, ...], pd.Series | list[Any]]:
        """The classes or numbers of imported pictures in the order of the outputs, and the column ``target`` [N].

        Args:
            table: Columns label, labels and numbers, as ``Labelled`` has them.
            called: What the source calls the numbers.
        """

    @abstractmethod
    def as_array(self, column: pd.Series, n_outputs: int) -> np.ndarray:
        """The column ``target`` of N pictures as one array; for its shape and type see the top of this file."""

    @abstractmethod
    def in_words(self, target: Any, classes: Sequence[str], units: Sequence[str] = ()) -> str:
        """One target as the column holds it, as a text to show."""

    @abstractmethod
    def relabel(
        self, table: pd.DataFrame, rows: Sequence[int], words: str, classes: Sequence[str], units: Sequence[str] = ()
    ) -> None:
        """Give pictures of a table the label that a text says, in place; ``recoded`` brings targets in line.

        Raises:
            DataError: The text says nothing that can be a label here.
        """

    def recoded(self, table: pd.DataFrame, classes: tuple[str, ...], n_trained: Sequence[int]) -> tuple[str, ...]:
        """The classes of an edited table, whose targets are brought in line with them, in place.

        Args:
            table: With the columns label, target and split.
            classes: Before the edit.
            n_trained: Training pictures of each before the edit.

        Raises:
            DataError: A class could not be learned any more.
        """
        return classes

    @abstractmethod
    def counts(self, targets: np.ndarray, n_outputs: int) -> np.ndarray:
        """Return how many pictures each class has, [C] int64; for numbers all pictures, [T]. ``targets`` as
        ``as_array``."""

    @abstractmethod
    def membership(self, targets: np.ndarray, n_outputs: int) -> np.ndarray:
        """Tell which pictures have which class, [N, C] bool; for numbers all have each, [N, T]."""

    @abstractmethod
    def strata(self, targets: np.ndarray) -> np.ndarray | None:
        """Return what each picture counts as when pictures are divided evenly, [N] int; None where it counts as
        several."""

    def tolerance(self, targets: np.ndarray) -> np.ndarray:
        """Return by how much the targets of two pictures that show nearly the same may differ, [1] or [T]."""
        return np.zeros(1)

    # requirements of an import

    def without_small_classes(self, images: Sequence[Image]) -> tuple[list[Image], list[dict[str, str]]]:
        """The pictures without classes that are too small to be learned, and what that leaves out, with reasons."""
        return list(images), []

    @abstractmethod
    def lack(self, images: Sequence[Labelled]) -> tuple[str, str] | None:
        """Return what pictures lack to be learned from, and what to do about it; None if nothing."""

    # predictions

    @abstractmethod
    def check(self, scores: "Tensor", target: "Tensor") -> None:
        """Raise ValueError unless ``scores`` [B, n_outputs] and ``target`` as data sets hold it fit together."""

    @abstractmethod
    def values_of(self, scores: "Tensor") -> "Tensor":
        """Probabilities [B, C], or numbers [B, T], from logits or numbers of the same shape (``Outputs.scores``)."""

    @abstractmethod
    def losses_of(self, scores: "Tensor", target: "Tensor") -> "Tensor":
        """The loss of each picture, [B] float64, from logits or numbers: cross entropy in nats, or squared error."""

    @abstractmethod
    def losses_from(self, values: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The same from probabilities, which are clipped at 1e-7, or from numbers. [N] float64."""

    @abstractmethod
    def predicted(self, values: np.ndarray, threshold: float) -> np.ndarray:
        """The class [N] int64, the set of classes [N, C] bool, or the numbers [N, T], from probabilities or numbers.

        Args:
            values: [N, n_outputs].
            threshold: Where a picture may have several classes: the probability from which on it has one.
        """

    def outcome(self, target: np.ndarray, values: np.ndarray, threshold: float) -> Outcome:
        """Return what every score is computed from. ``target`` as ``as_array`` gives it, ``values`` [N, n_outputs]."""
        losses = self.losses_from(values, target)
        return Outcome(target, self.predicted(values, threshold), losses, values.shape[1], values)

    def outcome_of_scores(
        self, scores: "Tensor", target: "Tensor", threshold: float, *, with_values: bool = True
    ) -> Outcome:
        """The same from logits or numbers [B, n_outputs], in which the loss of hopeless answers is not clipped.

        Args:
            scores: See ``Outputs.scores``; any device.
            target: As data sets hold it.
            threshold: As for ``predicted``.
            with_values: Whether the outcome holds them.

        Raises:
            ValueError: They do not fit together.
        """
        scores, target = scores.detach().float().cpu(), target.detach().cpu()
        self.check(scores, target)
        values, losses = self.values_of(scores).numpy(), self.losses_of(scores, target).numpy()
        predicted = self.predicted(values, threshold)
        return Outcome(target.numpy(), predicted, losses, scores.shape[1], values if with_values else None)

    @abstractmethod
    def tables(
        self, outcome: Outcome, rows: np.ndarray, classes: Sequence[str], units: Sequence[str]
    ) -> dict[str, pd.DataFrame]:
        """Return what to look at beside the scores, by name.

        Args:
            outcome: Of N pictures.
            rows: Their rows in the data set, [N].
            classes: Names, or what the numbers are called.
            units: Of the numbers.
        """

    @abstractmethod
    def mistakes(
        self, outcome: Outcome, rows: np.ndarray, classes: Sequence[str], units: Sequence[str]
    ) -> pd.DataFrame:
        """Return what went wrong, the worst first: row, true and predicted (in words), and how wrong. Arguments as
        above."""

    def typical_error(self, outcome: Outcome) -> tuple[float, ...]:
        """Return for numbers how far off they typically are: half of the predictions are closer to the truth than this,
        [T]; else empty."""
        return ()

    @abstractmethod
    def answer(
        self, values: Mapping[str, float], *, threshold: float, units: Sequence[str], typical_error: Sequence[float]
    ) -> dict[str, Any]:
        """Return what a model says about one picture, as the command line prints it. ``values`` are by name."""

    @abstractmethod
    def linear_probe(self, x: np.ndarray, target: np.ndarray, asked: np.ndarray, n_outputs: int) -> np.ndarray:
        """Values of a linear head that was fitted to features, for other pictures. Needs scikit-learn.

        Args:
            x: Features, [N, D].
            target: Of these pictures, as ``as_array`` gives it.
            asked: Features of the others, [M, D].
            n_outputs: Classes or numbers.

        Returns:
            [M, n_outputs] float32.
        """

    # scores and settings

    def headline(self, monitor: str, units: Sequence[str] = ()) -> str:
        """The score to show for a run: the one that chose its best epoch, unless that is the loss or mixes units."""
        shown = monitor if monitor != "loss" and monitor in self.scores else self.main
        return shown if self.scores[shown].is_fair_over(units) else self.race_score

    def usual_monitor(self, n_outputs: int) -> str:
        """The score that chooses the best epoch until somebody says otherwise."""
        return self.main

    def fits_one_logit(self, n_outputs: int) -> bool:
        """Tell whether one output of the network can say it all: which of two classes it is."""
        return False

    @abstractmethod
    def gap(self, train: float, validation: float, units: Sequence[str]) -> str:
        """A sentence on a model that does much better on training pictures, by the main score; else empty."""


def table_of(*scores: Score) -> dict[str, Score]:
    """Rows by their names."""
    return {score.name: score for score in scores}


def mean_loss(outcome: Outcome) -> float:
    """The formula of the row ``loss``: the mean over pictures."""
    return float(outcome.losses.mean())


LOG_LOSS = Score(
    "loss",
    "Loss",
    "How wrong the model is, and how sure of it.",
    mean_loss,
    unit="nats",
    better="lower",
    interval="none",
    reads_values=False,
)
"""The loss of tasks with classes, reported whatever is minimised."""


def rates_table(
    classes: Sequence[str], pictures: np.ndarray, rates: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> pd.DataFrame:
    """One row per class: label, pictures, precision, recall and f1 (fractions)."""
    precision, recall, f1 = rates
    return pd.DataFrame({"label": classes, "pictures": pictures, "precision": precision, "recall": recall, "f1": f1})


def too_few(n: int) -> tuple[str, str]:
    """Return what is wrong with so few pictures that no class asks for any, and what to do."""
    return f"There are only {n} readable pictures with labels, at least {2 * FEWEST} are needed.", "Add pictures."
