"""A network's depth groups, how many parameters each has, and what it can be asked for, without a model.

A model is built on paper (torch's meta device) once per name and number of answers; what was found is kept in the
workspace, so that a page seldom needs torch for it.
"""

import functools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ftcore import names, workspace
from ftcore.freezing.phases import Phase
from ftcore.inputs import InputSpec
from ftcore.models.groups import DepthGroup

_FORMAT = 2


@dataclass(frozen=True)
class ModelProfile:
    """A network from the picture to the answer.

    Args:
        groups: In order of depth, the head last.
        sizes: Parameters of each.
        adapted: Of each, the weights that take low-rank adapters, as rows and columns.
        drop_path: Whether layers can be skipped at random.
        is_spatial: Whether the last features are a map, in which things have their place; None where nobody can tell.
        poolings: Names in ``settings.POOLS`` that it takes.
    """

    groups: tuple[DepthGroup, ...]
    sizes: tuple[int, ...]
    adapted: tuple[tuple[tuple[int, int], ...], ...]
    drop_path: bool
    is_spatial: bool | None
    poolings: tuple[str, ...]

    @property
    def n_parameters(self) -> int:
        return sum(self.sizes)

    def n_learning(self, n_groups: int, rank: int = 0) -> int:
        """Parameters of the last ``n_groups`` groups; with low-rank adapters of a ``rank``, of these and the head."""
        if not rank:
            return sum(self.sizes[-n_groups:])
        weights = [shape for group in self.adapted[-n_groups:] for shape in group]
        return self.sizes[-1] + sum(min(rank, *shape) * sum(shape) for shape in weights)

    def most_learning(self, phases: Sequence[Phase], rank: int = 0) -> int:
        """Parameters that learn in the phase in which most do."""
        return max(self.n_learning(phase.n_groups, rank) for phase in phases)


def profile(name: str, *, n_outputs: int, image_size: int = 224) -> ModelProfile:
    """Return the profile of a model by timm's name; the first time it takes a second or two, and torch.

    Args:
        name: timm's name.
        n_outputs: Answers of its head, which is a plain one.
        image_size: Side of the pictures in pixels: models that are built for a size have a parameter per place.

    Raises:
        ModelError: timm has no such model.
    """
    found = known(name, n_outputs=n_outputs, image_size=image_size)
    if found is None:
        found = _measured(name, n_outputs, image_size)
        workspace.write_json(_path(name, n_outputs, image_size), {"format": _FORMAT, "name": name, **asdict(found)})
    return found


def known(name: str, *, n_outputs: int, image_size: int = 224) -> ModelProfile | None:
    """The same where it was asked for before, at once and without torch; else None."""
    path = _path(name, n_outputs, image_size)
    return _read(path, name, path.stat().st_mtime_ns) if path.exists() else None


def _path(name: str, n_outputs: int, image_size: int) -> Path:
    return workspace.folder("anatomy") / f"{names.slug(name)}-{n_outputs}-{image_size}.json"


def _measured(name: str, n_outputs: int, image_size: int) -> ModelProfile:
    import torch  # late: a page that only reads what is known does not wait for it

    from ftcore import vision
    from ftcore.models import adapters, build, heads, weights
    from ftcore.models.depth_groups import depth_groups

    weights.require_architecture(name)
    options = build.creation_options(name, image_size=image_size, dropout=0.0)
    with torch.device("meta"):
        model = vision.create_model(name, num_classes=n_outputs, **options)
    groups = depth_groups(model)
    sizes = {parameter: value.numel() for parameter, value in model.named_parameters()}
    return ModelProfile(
        tuple(groups),
        tuple(sum(sizes[one] for one in group.parameters) for group in groups),
        tuple(tuple(group) for group in adapters.shapes(model, groups)),
        build.takes_drop_path(name),
        build.gives_maps(model, InputSpec.square(image_size)),
        tuple(heads.poolings(name, options, image_size)),
    )


@functools.lru_cache(maxsize=64)
def _read(path: Path, name: str, changed: int) -> ModelProfile | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if (value["format"], value["name"]) != (_FORMAT, name):  # two names may give one file name
            return None
        groups = tuple(DepthGroup(row["name"], row["stage"], tuple(row["parameters"])) for row in value["groups"])
        adapted = tuple(tuple((int(rows), int(columns)) for rows, columns in group) for group in value["adapted"])
        sizes, poolings = tuple(int(size) for size in value["sizes"]), tuple(map(str, value["poolings"]))
        return ModelProfile(
            groups, sizes, adapted, value["drop_path"], value.get("is_spatial", value.get("places")), poolings
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
