"""Label files of detectors (COCO, YOLO), read for one thing: which classes are in a picture. Boxes are not kept."""

import json
import re
from collections.abc import Sequence
from typing import Any

from ftcore import names
from ftcore.datasets.labels.folders import Layout, Placed
from ftcore.datasets.labels.matching import Names
from ftcore.datasets.labels.tables import LARGEST
from ftcore.datasets.sources.archive import Entry, shown, suffix
from ftcore.datasets.splits import split_named
from ftcore.errors import DataError
from ftcore.tasks.labels import classes_in_words

_NAMES_FILES = ("classes.txt", "obj.names", "classes.names", "labels.txt")
_NO_PICTURE = "listed in the label file, but there is no such picture"


def is_coco(entry: Entry) -> bool:
    """Tell whether a file looks like COCO annotations; reads it."""
    if suffix(entry.name) != ".json" or entry.refused or entry.size > LARGEST:
        return False
    try:
        return _coco_parts(json.loads(entry.read())) is not None
    except (DataError, ValueError, RecursionError):
        return False


def coco(files: Sequence[Entry], pictures: Sequence[Entry]) -> Layout:
    """The classes of every picture from one or more COCO files; ``train`` or ``val`` in their names is the split.

    Format: https://cocodataset.org/#format-data. Pictures without an annotation have no class.

    Raises:
        DataError: A file is damaged, or names no picture that is there.
    """
    known = Names(entry.name for entry in pictures)
    entry_of = {entry.name: entry for entry in pictures}
    found: dict[str, set[str]] = {}
    split_of: dict[str, str | None] = {}
    left_out: list[dict[str, str]] = []
    for file in files:
        parts = _coco_parts(_json(file))
        if parts is None:
            raise DataError(
                f"{shown(file.name)} is no COCO file: images, annotations or categories are missing.",
                fix="Export it again.",
            )
        images, annotations, categories = parts
        local = Names((entry.name for entry in pictures), file.name.rpartition("/")[0])
        split = _split_of(file.name)
        picture_of: dict[Any, str] = {}
        for image_id, called in images.items():
            matches = local.find(called) or known.find(called)
            if len(matches) == 1:
                picture_of[image_id] = matches[0]
                found.setdefault(matches[0], set())
                split_of[matches[0]] = split
            else:
                reason = f"{len(matches)} pictures are called so" if matches else _NO_PICTURE
                left_out.append({"name": shown(called), "reason": reason})
        for image_id, category in annotations:
            if image_id in picture_of and category in categories:
                found[picture_of[image_id]].add(categories[category])
    return _layout(found, split_of, entry_of, left_out, f"the boxes in {shown(files[0].name)} (COCO)")


def yolo_labels(entries: Sequence[Entry], pictures: Sequence[Entry]) -> dict[str, Entry]:
    """The YOLO label file of each picture, by the picture's name; empty if these are no YOLO labels.

    A label file is called like its picture and lies beside it, or in a folder ``labels`` beside the folder ``images``.
    """
    texts = {entry.name: entry for entry in entries if suffix(entry.name) == ".txt" and not entry.refused}
    of: dict[str, Entry] = {}
    for picture in pictures:
        stem = picture.name.rpartition(".")[0]
        beside = "/".join("labels" if part.lower() == "images" else part for part in stem.split("/"))
        for candidate in (beside, stem):
            if f"{candidate}.txt" in texts:
                of[picture.name] = texts[f"{candidate}.txt"]
                break
    some = list(of.values())[:5]
    return of if of and 2 * len(of) >= len(pictures) and all(_yolo_classes(file) is not None for file in some) else {}


def yolo(labels: dict[str, Entry], entries: Sequence[Entry], pictures: Sequence[Entry]) -> Layout:
    """The classes of every picture from YOLO label files. An empty file is a picture without any class.

    Format: one line per object, the class number first (https://docs.ultralytics.com/datasets/detect).
    """
    class_names = _yolo_names(entries)
    found: dict[str, set[str]] = {}
    split_of: dict[str, str | None] = {}
    left_out = []
    entry_of = {entry.name: entry for entry in pictures}
    for name in entry_of:
        if name not in labels:
            left_out.append({"name": shown(name), "reason": "has no label file"})
            continue
        numbers = _yolo_classes(labels[name])
        if numbers is None:
            left_out.append({"name": shown(name), "reason": f"its label file {shown(labels[name].name)} is damaged"})
            continue
        found[name] = {class_names.get(number, f"class {number}") for number in numbers}
        split_of[name] = _split_of(name.rpartition("/")[0])
    return _layout(found, split_of, entry_of, left_out, "the YOLO label files")


def _layout(
    found: dict[str, set[str]],
    split_of: dict[str, str | None],
    entry_of: dict[str, Entry],
    left_out: list[dict[str, str]],
    origin: str,
) -> Layout:
    if not found:
        raise DataError(
            "The label files name none of the pictures.",
            fix=f"The first one is {left_out[0]['name']}: {left_out[0]['reason']}." if left_out else "",
        )
    named = {split_of.get(name) for name in found}
    has_splits = None not in named and len(named) > 1
    placed = [
        Placed(
            entry_of[name],
            classes_in_words(sorted(classes)),
            split_of[name] if has_splits else None,
            labels=tuple(sorted(classes)),
        )
        for name, classes in sorted(found.items())
    ]
    told = {item["name"] for item in left_out}
    left_out += [
        {"name": shown(name), "reason": "no label file names it"}
        for name in entry_of
        if name not in found and shown(name) not in told
    ]
    return Layout(tuple(placed), tuple(left_out), has_splits, task="multilabel", origin=origin)


def _split_of(path: str) -> str | None:
    """The split that a part of a path names, words in file names included: ``instances_val2017.json``."""
    for part in reversed(re.split(r"[/_\-.\s]+", path)):
        if split := split_named(part.rstrip("0123456789")):
            return split
    return None


def _json(entry: Entry) -> Any:
    try:
        return json.loads(entry.read())
    except (ValueError, RecursionError) as error:
        raise DataError(f"{shown(entry.name)} is not JSON, or it is cut off.", fix="Export it again.") from error


def _coco_parts(value: Any) -> tuple[dict[Any, str], list[tuple[Any, Any]], dict[Any, str]] | None:
    """Names of the pictures by id, (picture, category) pairs, names of the categories by id; None if it is no COCO."""
    try:
        images = {image["id"]: str(image["file_name"]) for image in value["images"]}
        annotations = {(note["image_id"], note["category_id"]): None for note in value["annotations"]}
        categories = {category["id"]: names.clean(str(category["name"])) for category in value["categories"]}
    except (KeyError, TypeError, AttributeError):  # an id may be anything that JSON knows, also a list
        return None
    return images, list(annotations), categories


def _yolo_classes(entry: Entry) -> set[int] | None:
    """Class numbers in a label file; None if it is none."""
    try:
        lines = [line.split() for line in entry.read().decode("utf-8-sig").splitlines() if line.strip()]
        found = {int(line[0]) for line in lines}
        for line in lines:
            if len(line) < 5 or any(not -1 <= float(value) <= 2 for value in line[1:5]):
                return None
    except (DataError, ValueError):
        return None
    return found if all(0 <= number < 100_000 for number in found) else None


def _yolo_names(entries: Sequence[Entry]) -> dict[int, str]:
    """Class names by number, from data.yaml or a list of names; empty if there is neither."""
    for entry in entries:
        file = entry.name.rpartition("/")[2].lower()
        if entry.refused or entry.size > 1_000_000:
            continue
        if suffix(file) in (".yaml", ".yml"):
            if found := _yaml_names(entry):
                return found
        elif file in _NAMES_FILES:
            lines = entry.read().decode("utf-8-sig", "replace").splitlines()
            return {i: names.clean(line) for i, line in enumerate(line for line in lines if line.strip())}
    return {}


def _yaml_names(entry: Entry) -> dict[int, str]:
    """Return what stands under ``names``: a list, or texts by number. Only texts and numbers: they cannot refer to
    others that refer to others and grow without end, and so the file is taken apart but no value is made of it."""
    import yaml

    try:
        top = yaml.compose(entry.read().decode("utf-8-sig", "replace"), Loader=yaml.SafeLoader)
        listed = next((value for key, value in top.value if key.value == "names"), None)
        if isinstance(listed, yaml.MappingNode):
            pairs = [(int(_scalar(number)), _scalar(name)) for number, name in listed.value]
        elif isinstance(listed, yaml.SequenceNode):
            pairs = list(enumerate(map(_scalar, listed.value)))
        else:
            return {}
    except (yaml.YAMLError, TypeError, ValueError, AttributeError, RecursionError):
        return {}
    return {number: names.clean(name) for number, name in pairs}


def _scalar(node: Any) -> str:
    """The text of one YAML value. Raises TypeError for anything with parts."""
    if not isinstance(node.value, str):
        raise TypeError
    return node.value
