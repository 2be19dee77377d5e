"""What one example is made of, for everything that has to know before it sees one: tracing, building, caching."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ftcore.errors import SettingsError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class InputSpec:
    """The tensor that a network reads of one example.

    Args:
        shape: Without the batch: [channels, height, width] of an image.
        modality: What an example is; ``image`` so far.
        dtype: torch's name of the numbers.
    """

    shape: tuple[int, ...]
    modality: str = "image"
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if not self.shape or any(length < 1 for length in self.shape):
            raise SettingsError(
                f"An example of shape {list(self.shape)} was given, expected lengths of 1 and more.",
                fix="For example [3, 224, 224].",
            )

    @classmethod
    def square(cls, side: int, channels: int = 3) -> "InputSpec":
        """The spec of a square image; ``side`` in pixels."""
        return cls((channels, side, side))

    @property
    def n_values(self) -> int:
        """Numbers in one example."""
        found = 1
        for length in self.shape:
            found *= length
        return found

    def example(self, batch: int = 1, device: Any = None) -> "Tensor":
        """Zeros of the shape [batch, *shape], on a device of torch's; the device of the context if None."""
        import torch  # late: pages read specs

        return torch.zeros(batch, *self.shape, dtype=getattr(torch, self.dtype), device=device)

    def __str__(self) -> str:
        """Say it for people: ``224 pixels`` of a square image, else its lengths."""
        _, *sides = self.shape
        return f"{sides[0]} pixels" if len(set(sides)) == 1 else f"{' by '.join(map(str, sides))} numbers"

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "shape": list(self.shape)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "InputSpec":
        """Read what ``to_json`` made. Raises KeyError, TypeError or SettingsError for anything else."""
        return cls(tuple(value["shape"]), value["modality"], value["dtype"])
