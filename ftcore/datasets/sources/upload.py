"""Files from a browser become one ZIP, so that every upload goes the same guarded way."""

import shutil
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, BinaryIO

from ftcore import names, workspace

Content = bytes | BinaryIO | Path
"""A file: its bytes, an open binary file, or where it lies."""

_LONGEST = 500  # characters of a name, folders included; the end is what tells files apart


def pack_upload(files: Iterable[tuple[str, Content]], target: Path) -> Path:
    """Pack files into an uncompressed ZIP at ``target``, whole or not at all; a single ZIP is copied as it is.

    Names are written into the ZIP as text and not looked at: reading it decides what they are worth (archive.py).

    Args:
        files: Pairs of a name, with its folders if a folder was uploaded, and the content.
        target: The ZIP to write, in a folder of the workspace.
    """
    chosen = list(files)
    with workspace.replacing(target) as temporary:
        if len(chosen) == 1 and chosen[0][0].lower().endswith(".zip"):
            with temporary.open("wb") as out:
                _copy(chosen[0][1], out)
            return target
        taken: set[str] = set()
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for name, content in chosen:
                with archive.open(zipfile.ZipInfo(_free_name(name, taken)), "w", force_zip64=True) as out:
                    _copy(content, out)
    return target


def pack_classes(classes: Mapping[str, Iterable[tuple[str, Content]]], target: Path) -> Path:
    """Pack loose pictures of several classes into a ZIP with a folder for each class.

    Args:
        classes: Name and content of the pictures of each class, by the name that people gave it.
        target: The ZIP to write, in a folder of the workspace.
    """
    folders = {
        name: names.clean(name).replace("/", "∕").replace("\\", "∖") for name in classes
    }  # no folder in a folder
    return pack_upload(
        (
            (f"{folders[name]}/{file.replace('/', '_')}", content)
            for name, files in classes.items()
            for file, content in files
        ),
        target,
    )


def _free_name(name: str, taken: set[str]) -> str:
    """The name as a ZIP can hold it, numbered if another file has it already."""
    plain = name.encode("utf-8", "replace").decode("utf-8").replace("\0", "")[-_LONGEST:] or "unnamed"
    folder, slash, file = plain.rpartition("/")
    stem, dot, ending = file.rpartition(".")
    free, number = plain, 2
    while free in taken:
        free = f"{folder}{slash}{stem} ({number}){dot}{ending}" if dot else f"{plain} ({number})"
        number += 1
    taken.add(free)
    return free


def _copy(content: Content, out: IO[bytes]) -> None:
    if isinstance(content, bytes):
        out.write(content)
        return
    if isinstance(content, Path):
        with content.open("rb") as file:
            shutil.copyfileobj(file, out)
        return
    content.seek(0)  # a page may have looked into it before
    shutil.copyfileobj(content, out)
