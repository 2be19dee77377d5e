"""Weights that people bring: kept in the workspace, to start runs from. Listed without torch."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from ftcore import names, workspace
from ftcore.errors import ModelError

FOLDER = "weights"
TENSORS, ABOUT = "model.safetensors", "weights.json"


@dataclass(frozen=True)
class OwnWeights:
    """What ``weights.json`` holds: the folder's name, what people call it, timm's name, and when it came."""

    id: str
    name: str
    architecture: str
    created: float

    @property
    def file(self) -> Path:
        return workspace.folder(FOLDER) / self.id / TENSORS


def add(data: bytes, file_name: str, architecture: str) -> OwnWeights:
    """Check a weight file against an architecture and keep it; brings torch. Raises as ``weight_files.checked``."""
    from ftcore.models import weight_files

    tensors = weight_files.checked(data, file_name, architecture)
    workspace.require_space(len(tensors), "Keeping the weights")
    id = names.new_id(Path(file_name).stem)
    about = {"name": names.clean(file_name), "architecture": architecture, "created": time.time()}
    with workspace.new_folder(workspace.folder(FOLDER) / id) as folder:
        workspace.write_bytes(folder / TENSORS, tensors)
        workspace.write_json(folder / ABOUT, about)
    return find(id)


def find(id: str) -> OwnWeights:
    """The weights of a folder's name. Raises ModelError if there are none."""
    try:
        if names.is_id(id):
            about = json.loads((workspace.folder(FOLDER) / id / ABOUT).read_text())
            return OwnWeights(id, str(about["name"]), str(about["architecture"]), float(about["created"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise ModelError(f"There are no weights {id!r} in this workspace.", fix="Upload them again.")


def delete(own: OwnWeights) -> None:
    """Delete weights; whether a run needs them is asked in ``training.starts``."""
    try:
        workspace.remove_folder(own.file.parent)
    except FileNotFoundError:
        raise ModelError(f"There are no weights {own.id!r} any more.", fix="Choose others from the list.") from None


def list_all() -> list[OwnWeights]:
    """All weights that were brought, newest first. Folders that are not whole are passed over."""
    found = []
    for path in workspace.folder(FOLDER).iterdir():
        try:
            found.append(find(path.name))
        except ModelError:
            continue
    return sorted(found, key=lambda own: own.created, reverse=True)
