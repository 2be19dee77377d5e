"""What the outputs of a model mean: for one class per picture, for several, and for numbers.

task        the network gives               a prediction is                   reported in
multiclass  logits [B, C], or one [B, 1]    a probability per class [B, C]    probabilities that sum to 1
multilabel  logits [B, C]                   a probability per class [B, C]    probabilities, each for itself
regression  standardised numbers [B, T]     the numbers [B, T]                the unit of the training data

Nothing here imports torch: the methods use what the tensors that they are given can do.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ftcore import tasks
from ftcore.metrics.outcome import Outcome
from ftcore.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

THRESHOLD = 0.5
"""From this probability on a picture is said to have a class, where it may have several."""


_RENAMED = {"deviation": "std", "one_sigmoid": "binary_logit"}  # in bundles and checkpoints of the first version


@dataclass(frozen=True)
class Outputs:
    """The meaning of each output of a model.

    Args:
        task: Name of the task.
        classes: Names in the order of the answers, [C]; for numbers what each is called, [T].
        units: For numbers: the unit of each, [T], empty where there is none.
        mean: For numbers: what a network output of 0 stands for, [T].
        std: For numbers: by how much an answer grows when the network's output grows by 1, [T].
        binary_logit: Two classes from one output, the logit of the second; the first then has the logit 0.
        threshold: For several classes: the probability from which on a picture has a class.
    """

    task: str
    classes: tuple[str, ...]
    units: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    binary_logit: bool = False
    threshold: float = THRESHOLD

    @property
    def n(self) -> int:
        """Return how many outputs the network has."""
        return 1 if self.binary_logit else len(self.classes)

    @property
    def meaning(self) -> Task:
        """The task, with everything that it says about predictions."""
        return tasks.of(self.task)

    def scores(self, outputs: "Tensor") -> "Tensor":
        """Return what scores are computed from: logits [B, C], or numbers in their units [B, T].

        One sigmoid is the softmax over the logits 0 and z, so that both forms of two classes go the same way from here.

        Args:
            outputs: Of the network, [B, n].
        """
        if self.std:
            return outputs * outputs.new_tensor(self.std) + outputs.new_tensor(self.mean)
        if self.binary_logit:
            return outputs * outputs.new_tensor([0.0, 1.0])  # [B, 1] -> [B, 2]
        return outputs

    def predictions(self, outputs: "Tensor") -> "Tensor":
        """Probabilities [B, C], or numbers in their units [B, T], from what the network gave, [B, n]."""
        return self.meaning.values_of(self.scores(outputs))

    def outcome(self, outputs: "Tensor", target: "Tensor", *, with_values: bool = True) -> Outcome:
        """Return what every score is computed from.

        Args:
            outputs: Of the network, [B, n].
            target: As data sets hold it.
            with_values: Whether a score reads probabilities or numbers.

        Raises:
            ValueError: They do not fit together.
        """
        return self.meaning.outcome_of_scores(
            self.scores(outputs.float()), target, self.threshold, with_values=with_values
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values, with the number of outputs that the network has."""
        return {**asdict(self), "n_outputs": self.n}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Outputs":
        """Read what ``to_json`` made, among other keys. Raises KeyError or TypeError for anything else."""
        value = {_RENAMED.get(name, name): item for name, item in dict(value).items()}
        known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        lists = {name: tuple(item) for name, item in known.items() if not isinstance(item, str | bool | int | float)}
        task = tasks.current(known.get("task", tasks.MULTICLASS.name))
        if task not in tasks.NAMES:
            raise KeyError(task)
        return cls(**{**known, "task": task, "classes": tuple(value["classes"]), **lists})
