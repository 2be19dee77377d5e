"""Several classes per picture."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ftcore.errors import DataError
from ftcore.metrics import multilabel
from ftcore.metrics.outcome import Outcome
from ftcore.metrics.score import Score
from ftcore.tasks.labels import classes_in_words, classes_of, natural
from ftcore.tasks.task import FEWEST, LOG_LOSS, Image, Labelled, Task, rates_table, table_of, too_few

if TYPE_CHECKING:
    from torch import Tensor


class Multilabel(Task):
    """A picture has any number of classes, also none. The network gives logits [B, C]; values are probabilities, each
    for itself."""

    name = "multilabel"
    label = "several classes per picture"
    a_target = "set of classes"
    evenly = "evenly for each class"
    conflict = "Pictures that come with different classes"
    augmentation_note = (
        "A picture keeps all its classes in every copy, so all of them must stay in view: keep Shift, Zoom and Cutout "
        "small."
    )
    main_in_words = "average precision"
    weighting_note = "Overlooking a rare class counts more, as much as the pictures without it do together."
    answer_in_words = "Answers, for each of {n} classes, how likely a picture has it: {classes}."
    answer_in_python = 'answer = y.sigmoid()                   # from about["threshold"] on, the picture has the class'
    several = True
    link = "sigmoid"
    scores = table_of(
        Score(
            "exact_match",
            "All right",
            "Share of pictures whose classes are all named and no other.",
            lambda outcome: float(multilabel.exact_matches(outcome.target, outcome.predicted).mean()),
            interval="share",
            reads_values=False,
        ),
        Score(
            "mean_average_precision",
            "Average precision",
            "How well pictures with a class are ranked before those without it, at every threshold; mean over the "
            "classes, so that small classes count as much.",
            lambda outcome: multilabel.mean_average_precision(outcome.target, outcome.values),
        ),
        Score(
            "f1_micro",
            "F1 over all",
            "Precision and recall in one number, every label counted once.",
            lambda outcome: multilabel.f1_micro(outcome.target, outcome.predicted),
            reads_values=False,
        ),
        Score(
            "f1",
            "F1",
            "Precision and recall in one number; mean over the classes, so that small classes count as much.",
            lambda outcome: multilabel.f1_macro(outcome.target, outcome.predicted),
            reads_values=False,
        ),
        LOG_LOSS,
    )
    main = race_score = fair_score = "mean_average_precision"
    losses = ("bce", "focal")
    order = ("label",)
    label_checks = ("set_issues",)

    def coded(self, table: pd.DataFrame, called: tuple[str, ...]) -> tuple[tuple[str, ...], pd.Series | list[Any]]:
        classes = tuple(sorted({label for labels in table["labels"] for label in labels}, key=natural))
        index = {label: i for i, label in enumerate(classes)}
        return classes, [sorted(index[label] for label in labels) for labels in table["labels"]]

    def as_array(self, column: pd.Series, n_outputs: int) -> np.ndarray:
        array = np.zeros((len(column), n_outputs), np.float32)  # [N, C]
        for row, value in enumerate(column):
            array[row, np.asarray(value, np.int64)] = 1
        return array

    def in_words(self, target: Any, classes: Sequence[str], units: Sequence[str] = ()) -> str:
        return classes_in_words([classes[index] for index in target])

    def relabel(
        self, table: pd.DataFrame, rows: Sequence[int], words: str, classes: Sequence[str], units: Sequence[str] = ()
    ) -> None:
        chosen, found = classes_of(words, classes), list(table["target"])
        for row in rows:
            found[row] = [list(classes).index(one) for one in chosen]
        table["target"] = found
        table.loc[rows, "label"] = classes_in_words(chosen)

    def recoded(self, table: pd.DataFrame, classes: tuple[str, ...], n_trained: Sequence[int]) -> tuple[str, ...]:
        """Do as for every task: refuses to take from training the last picture of a class."""
        now = self.as_array(table.loc[table["split"] == "train", "target"], len(classes)).sum(axis=0)  # [C]
        for label, before, n in zip(classes, n_trained, now, strict=True):
            if before and not n:
                raise DataError(
                    f"Class {label!r} would have no training pictures left, so it could not be learned.",
                    fix="Leave one of its pictures in training, or move one there first.",
                )
        return classes

    def counts(self, targets: np.ndarray, n_outputs: int) -> np.ndarray:
        return (targets > 0).sum(axis=0)

    def membership(self, targets: np.ndarray, n_outputs: int) -> np.ndarray:
        return targets > 0

    def strata(self, targets: np.ndarray) -> None:
        return None

    def without_small_classes(self, images: Sequence[Image]) -> tuple[list[Image], list[dict[str, str]]]:
        """Do as for every task: classes that too few pictures have, or too few lack, are left out, and no picture."""
        members = Counter(label for image in images for label in image.labels)
        few = {label for label, n in members.items() if n < FEWEST}
        all_have = {label for label, n in members.items() if len(images) - n < FEWEST} - few
        gone = few | all_have
        left_out = [
            {
                "name": f"class {label}",
                "reason": f"only {members[label]} pictures have it, at least {FEWEST} are needed; they stay without it"
                if label in few
                else f"all but {len(images) - members[label]} pictures have it, so there is nothing to tell apart",
            }
            for label in sorted(gone)
        ]
        return [_with(image, tuple(label for label in image.labels if label not in gone)) for image in images], left_out

    def lack(self, images: Sequence[Labelled]) -> tuple[str, str] | None:
        if len(images) < 2 * FEWEST:
            return too_few(len(images))
        if not any(image.labels for image in images):
            return (
                f"No class has the {FEWEST} pictures that it needs, and {FEWEST} others that lack it.",
                "Add pictures with and without it.",
            )
        return None

    def check(self, scores: "Tensor", target: "Tensor") -> None:
        if scores.ndim != 2 or scores.shape != target.shape:
            raise ValueError(f"Expected scores and target [B, C], received {list(scores.shape)}, {list(target.shape)}.")
        if len(target) and not bool(((target >= 0) & (target <= 1)).all()):
            raise ValueError("Expected values from 0 to 1 in target.")

    def values_of(self, scores: "Tensor") -> "Tensor":
        return scores.sigmoid()

    def losses_of(self, scores: "Tensor", target: "Tensor") -> "Tensor":
        logits = scores.double()
        softplus = logits.clamp(min=0) + (-logits.abs()).exp().log1p()  # log(1 + e^logit), never of a large e^logit
        return (softplus - target * logits).mean(dim=1)

    def losses_from(self, values: np.ndarray, target: np.ndarray) -> np.ndarray:
        likelihood: np.ndarray = np.where(target > 0, values, 1 - values).astype(np.float64)
        return -np.log(likelihood.clip(1e-7)).mean(axis=1)

    def predicted(self, values: np.ndarray, threshold: float) -> np.ndarray:
        return values >= threshold

    def tables(
        self, outcome: Outcome, rows: np.ndarray, classes: Sequence[str], units: Sequence[str]
    ) -> dict[str, pd.DataFrame]:
        """``classes``, one row per class: label, pictures, precision, recall, f1, average_precision."""
        rates = multilabel.per_label(outcome.target, outcome.predicted)
        table = rates_table(classes, (outcome.target > 0).sum(axis=0), rates)
        return {
            "classes": table.assign(average_precision=multilabel.average_precisions(outcome.target, outcome.values))
        }

    def mistakes(
        self, outcome: Outcome, rows: np.ndarray, classes: Sequence[str], units: Sequence[str]
    ) -> pd.DataFrame:
        """Return those with a class of which the model was surest and wrong, by ``confidence`` (0-1); classes are
        joined with commas."""
        has, predicted, names = outcome.target > 0, outcome.predicted, np.asarray(classes, dtype=object)
        off = np.where(has != predicted, np.abs(outcome.values - has), 0.0)
        true, said = ([", ".join(names[row]) or "nothing" for row in sets] for sets in (has, predicted))
        table = pd.DataFrame({"row": rows, "true": true, "predicted": said, "confidence": off.max(axis=1)})
        wrong = table[(has != predicted).any(axis=1)]
        return wrong.sort_values("confidence", ascending=False, ignore_index=True)

    def answer(
        self, values: Mapping[str, float], *, threshold: float, units: Sequence[str], typical_error: Sequence[float]
    ) -> dict[str, Any]:
        above = [name for name, probability in values.items() if probability >= threshold]
        return {"classes": above, "threshold": threshold, "probabilities": dict(values)}

    def linear_probe(self, x: np.ndarray, target: np.ndarray, asked: np.ndarray, n_outputs: int) -> np.ndarray:
        """Do as for every task: logistic regression, one for each class."""
        from sklearn.linear_model import LogisticRegression  # late: slow to import
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        each = OneVsRestClassifier(LogisticRegression(C=0.01, max_iter=200, tol=1e-3))
        fitted = make_pipeline(StandardScaler(), each).fit(x, target)
        return np.asarray(fitted.predict_proba(asked), np.float32).reshape(len(asked), n_outputs)

    def gap(self, train: float, validation: float, units: Sequence[str]) -> str:
        if train - validation <= 0.15:
            return ""
        return (
            f"The average precision is {train:.0%} on training pictures but only {validation:.0%} on validation "
            "pictures. New pictures will go like the second number."
        )


def _with(image: Image, labels: tuple[str, ...]) -> Image:
    if labels == image.labels:
        return image
    return replace(image, labels=labels, label=classes_in_words(labels))  # type: ignore[type-var]


MULTILABEL = Multilabel()
