"""One class per picture."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ftcore.errors import DataError
from ftcore.metrics import classification
from ftcore.metrics.outcome import Outcome
from ftcore.metrics.score import Score
from ftcore.tasks.labels import natural
from ftcore.tasks.task import FEWEST, LOG_LOSS, Image, Labelled, Task, rates_table, table_of

if TYPE_CHECKING:
    from torch import Tensor

_MEAN = "mean over the classes, so that small classes count as much."


class Multiclass(Task):
    """Every picture has exactly one class. The network gives logits [B, C]; values are probabilities that sum to 1."""

    name = "multiclass"
    label = "one class per picture"
    a_target = "class"
    evenly = "class by class"
    conflict = "Pictures that lie under more than one class"
    main_in_words = "share of right answers"
    weighting_note = "A mistake on a rare class counts more, so that each class counts the same in the end."
    answer_in_words = "Answers one of {n} classes: {classes}."
    answer_in_python = "answer = y.softmax(0)"
    link = "softmax"
    scores = table_of(
        Score(
            "accuracy",
            "Accuracy",
            "Share of pictures that are named correctly.",
            lambda outcome: float((outcome.target == outcome.predicted).mean()),
            interval="share",
            reads_values=False,
        ),
        Score(
            "balanced_accuracy",
            "Balanced accuracy",
            "Share of each class's pictures that are named correctly; mean over the classes that there are.",
            lambda outcome: classification.balanced_accuracy(outcome.confusion),
            reads_values=False,
        ),
        Score(
            "precision",
            "Precision",
            "When the model says a class, how often it is right; " + _MEAN,
            lambda outcome: classification.macro(outcome.confusion)[0],
            reads_values=False,
        ),
        Score(
            "recall",
            "Recall",
            "How many pictures of a class the model finds; " + _MEAN,
            lambda outcome: classification.macro(outcome.confusion)[1],
            reads_values=False,
        ),
        Score(
            "f1",
            "F1",
            "Precision and recall in one number; " + _MEAN,
            lambda outcome: classification.macro(outcome.confusion)[2],
            reads_values=False,
        ),
        LOG_LOSS,
    )
    main = race_score = "accuracy"
    fair_score = "balanced_accuracy"
    losses = ("cross_entropy", "focal")
    weighs_by_size = True
    order = ("target",)
    labels_name_classes = True
    fills_every_fold = True
    label_checks = ("label_issues", "shortcut")

    def coded(self, table: pd.DataFrame, called: tuple[str, ...]) -> tuple[tuple[str, ...], pd.Series | list[Any]]:
        classes = tuple(sorted(set(table["label"]), key=natural))
        return classes, self._indices(table["label"], classes)

    def as_array(self, column: pd.Series, n_outputs: int) -> np.ndarray:
        return column.to_numpy(np.int64)  # [N]

    def in_words(self, target: Any, classes: Sequence[str], units: Sequence[str] = ()) -> str:
        return classes[target]

    def relabel(
        self, table: pd.DataFrame, rows: Sequence[int], words: str, classes: Sequence[str], units: Sequence[str] = ()
    ) -> None:
        known = dict.fromkeys([*classes, *table["label"]])  # also classes of which every picture is left out
        if words not in known:
            raise DataError(f"There is no class {words!r}.", fix=f"Choose one of: {', '.join(list(known)[:20])}.")
        table.loc[rows, "label"] = words

    def recoded(self, table: pd.DataFrame, classes: tuple[str, ...], n_trained: Sequence[int]) -> tuple[str, ...]:
        """Do as for every task; a class that no used picture has is gone, one that has a used picture again is back."""
        used = table[table["split"] != ""]
        order = [*classes, *sorted(set(table["label"]) - set(classes))]
        present, trained = set(used["label"]), set(used.loc[used["split"] == "train", "label"])
        classes = tuple(label for label in order if label in present)
        table["target"] = self._indices(table["label"], classes)
        if len(classes) < 2:
            raise DataError(
                f"{len(classes)} classes would be left, a model needs at least two to tell apart.",
                fix="Exclude fewer pictures.",
            )
        for label in classes:
            if label not in trained:
                raise DataError(
                    f"Class {label!r} would have no training pictures left, so it could not be learned.",
                    fix="Move one of its pictures to training, or exclude the class as a whole.",
                )
        return classes

    def counts(self, targets: np.ndarray, n_outputs: int) -> np.ndarray:
        return np.bincount(targets, minlength=n_outputs)

    def membership(self, targets: np.ndarray, n_outputs: int) -> np.ndarray:
        return targets[:, None] == np.arange(n_outputs)

    def strata(self, targets: np.ndarray) -> np.ndarray:
        return targets

    def without_small_classes(self, images: Sequence[Image]) -> tuple[list[Image], list[dict[str, str]]]:
        """Do as for every task: all pictures of a class that has fewer than ``FEWEST`` are left out."""
        members = Counter(image.label for image in images)
        left_out = [
            {
                "name": image.path,
                "reason": f"class {image.label!r} has only {members[image.label]} readable picture"
                f"{'s' if members[image.label] > 1 else ''}, at least {FEWEST} are needed",
                "issue": "few_images",
            }
            for image in images
            if members[image.label] < FEWEST
        ]
        return [image for image in images if members[image.label] >= FEWEST], left_out

    def lack(self, images: Sequence[Labelled]) -> tuple[str, str] | None:
        classes = {image.label for image in images}
        if len(classes) == 1:
            return (
                f"There is one class only, {classes.pop()!r}, with enough pictures; a model needs at least two "
                "classes to tell apart.",
                "Add a folder with pictures of something else.",
            )
        if not classes:
            return (
                f"No class has the {FEWEST} readable pictures that it needs: one each to learn from, to choose by and "
                "to test with.",
                "Add pictures to each class folder.",
            )
        return None

    def check(self, scores: "Tensor", target: "Tensor") -> None:
        if scores.ndim != 2 or target.ndim != 1 or len(scores) != len(target):
            raise ValueError(
                f"Expected scores [B, C] and target [B], received {list(scores.shape)}, {list(target.shape)}."
            )
        if target.is_floating_point() or (
            len(target) and not 0 <= int(target.min()) <= int(target.max()) < scores.shape[1]
        ):
            raise ValueError(f"Expected class indices 0 to {scores.shape[1] - 1} in target.")

    def values_of(self, scores: "Tensor") -> "Tensor":
        return scores.softmax(dim=1)

    def losses_of(self, scores: "Tensor", target: "Tensor") -> "Tensor":
        logits = scores.double()
        return logits.logsumexp(dim=1) - logits.gather(1, target[:, None])[:, 0]

    def losses_from(self, values: np.ndarray, target: np.ndarray) -> np.ndarray:
        likelihood: np.ndarray = values[np.arange(len(target)), target].astype(np.float64)
        return -np.log(likelihood.clip(1e-7))

    def predicted(self, values: np.ndarray, threshold: float) -> np.ndarray:
        return values.argmax(axis=1)

    def tables(
        self, outcome: Outcome, rows: np.ndarray, classes: Sequence[str], units: Sequence[str]
    ) -> dict[str, pd.DataFrame]:
        """``confusion``, one row per cell: true, predicted (names), count, share (of the true class, 0-1; 0 where it
        has no pictures); and ``classes``, one row per class: label, pictures, precision, recall, f1."""
        counts, n = outcome.confusion, outcome.n_outputs
        totals = counts.sum(axis=1, keepdims=True)
        shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
        cells = {
            "true": np.repeat(np.asarray(classes, dtype=object), n),
            "predicted": list(classes) * n,
            "count": counts.ravel(),
            "share": shares.ravel(),
        }
        rates = rates_table(classes, counts.sum(axis=1), classification.per_class(counts))
        return {"confusion": pd.DataFrame(cells), "classes": rates}

    def mistakes(
        self, outcome: Outcome, rows: np.ndarray, classes: Sequence[str], units: Sequence[str]
    ) -> pd.DataFrame:
        """The wrong ones, the surest first, by ``confidence`` (0-1)."""
        names = np.asarray(classes, dtype=object)
        table = pd.DataFrame(
            {
                "row": rows,
                "true": names[outcome.target],
                "predicted": names[outcome.predicted],
                "confidence": outcome.values.max(axis=1),
            }
        )
        wrong = table[outcome.target != outcome.predicted]
        return wrong.sort_values("confidence", ascending=False, ignore_index=True)

    def answer(
        self, values: Mapping[str, float], *, threshold: float, units: Sequence[str], typical_error: Sequence[float]
    ) -> dict[str, Any]:
        return {"class": max(values, key=lambda name: values[name]), "probabilities": dict(values)}

    def linear_probe(self, x: np.ndarray, target: np.ndarray, asked: np.ndarray, n_outputs: int) -> np.ndarray:
        """Do as for every task: logistic regression; a class that ``target`` does not have gets 0."""
        from sklearn.linear_model import LogisticRegression  # late: slow to import
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        fitted = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200, tol=1e-3)).fit(x, target)
        values = np.zeros((len(asked), n_outputs), np.float32)
        values[:, fitted.classes_] = fitted.predict_proba(asked)
        return values

    def fits_one_logit(self, n_outputs: int) -> bool:
        return n_outputs == 2

    def gap(self, train: float, validation: float, units: Sequence[str]) -> str:
        if train - validation <= 0.15:
            return ""
        return (
            f"The model names {train:.0%} of the training pictures but only {validation:.0%} of the validation "
            "pictures. New pictures will go like the second number."
        )

    def _indices(self, labels: pd.Series, classes: Sequence[str]) -> pd.Series:
        index = {label: i for i, label in enumerate(classes)}
        return labels.map(index).fillna(-1).astype("int64")  # -1 for a picture that is left out with its class


MULTICLASS = Multiclass()
