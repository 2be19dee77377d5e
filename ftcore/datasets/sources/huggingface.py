"""Image data sets of the Hugging Face hub by name: ``owner/name``, or ``owner/name/configuration``.

The hub keeps a copy of nearly every set as Parquet files (its branch ``refs/convert/parquet``): a column with the
pictures, a column with the classes, whose names stand in the files' metadata. That is all that is read here; no code of
the set is run. Files are downloaded once into the workspace; pictures are read from them group by group.
"""

import json
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ftcore import hardware, names, workspace
from ftcore.datasets.progress import ReportProgress, ignore
from ftcore.datasets.sources.archive import QUOTAS, Entry, Listing, shown
from ftcore.datasets.splits import split_named
from ftcore.errors import DataError

HUB = "https://huggingface.co"
CONVERTED = "refs/convert/parquet"
_LISTED = "files.json"  # written when every file is there
_NAME = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}(/[\w.-]{1,96})?")
_PATH = re.compile(r"\w[\w./@=+-]*\.parquet")
_LABELS = ("label", "labels", "class", "category", "fine_label", "target", "coarse_label")
_SPLIT = re.compile(
    r"(?:^|[/_-])(?:partial-)?(train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?)(?=[/_.-])", re.IGNORECASE
)
_GROUPS_KEPT = 3  # groups of rows in memory: pictures are read in order, by a few threads
_DEFAULTS = ("default", "plain_text", "full", "main")  # configurations to take if none is named


@dataclass(frozen=True)
class _File:
    """A Parquet file of a set."""

    path: str
    n_bytes: int
    split: str


def open_set(name: str, *, image: str = "", target: str = "", on_progress: ReportProgress = ignore) -> Listing:
    """The pictures of a set, in folders named after split and class; downloaded if need be.

    Args:
        name: ``owner/name`` or ``owner/name/configuration``.
        image: Column with the pictures; found if empty.
        target: Column with the class; found if empty.
        on_progress: Called with a label, done and total while files are downloaded.

    Raises:
        DataError: No such set, no network, or no pictures with one class each in it.
        WorkspaceError: The disk is full or refuses.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise DataError(f"{name[:80]!r} is not the name of a set on the hub.", fix="For example hf:uoft-cs/cifar10.")
    folder = workspace.folder("downloads") / f"hf-{names.slug(name)}"
    files = _known(folder)
    if files is None:
        files = _download(name, folder, on_progress)
    shards = _Shards([folder / file.path for file in files])
    column = _image_column(shards.schema, image)
    labels = _label_column(shards.schema, target, column)
    entries = list(_entries(shards, [file.split for file in files], column, labels))
    return Listing(tuple(entries))


def _known(folder: Path) -> list[_File] | None:
    """The files of a download of before; None if there is none, or not all of it."""
    try:
        files = [_File(**item) for item in json.loads((folder / _LISTED).read_text())]
    except (OSError, ValueError, TypeError):
        return None
    return files if files and all((folder / file.path).is_file() for file in files) else None


def _download(name: str, folder: Path, on_progress: ReportProgress) -> list[_File]:
    if not hardware.reachable(HUB):
        raise DataError(
            f"The set {name} is not on this machine, and {HUB} cannot be reached.",
            fix="Connect to the internet once, or choose a sample that came with the app: digits, animals.",
        )
    owner, repository, *configuration = name.split("/")
    repo = f"{owner}/{repository}"
    revision, listed = _parquet_files(repo)
    files = _chosen(listed, repo, configuration[0] if configuration else "")
    total = sum(file.n_bytes for file in files)
    if total > QUOTAS.total_bytes:
        raise DataError(
            f"The set {name} has {total / 1e9:,.0f} GB, at most {QUOTAS.total_bytes / 1e9:g} GB are read.",
            fix="Take a smaller one, or one of its configurations.",
        )
    workspace.require_space(total, f"The set {name}")
    with workspace.disk_errors():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for done, file in enumerate(files):
        on_progress("Downloading", done, len(files))
        fetch(repo, file.path, revision, folder)
    on_progress("Downloading", len(files), len(files))
    workspace.write_json(folder / _LISTED, [vars(file) for file in files])
    return files


def _parquet_files(repo: str) -> tuple[str, list[tuple[str, int]]]:
    """The branch with the Parquet files of a set, and name and bytes of each: the hub's own copy, else the set's."""
    for revision in (CONVERTED, "main"):
        found = [(path, n) for path, n in list_files(repo, revision) if _PATH.fullmatch(path) and ".." not in path]
        if found:
            return revision, found
    raise DataError(
        f"The set {repo} does not exist, is not public, or has no Parquet files.",
        fix=f"Look for its exact name on {HUB}/datasets, or download it and import the folder.",
    )


def list_files(repo: str, revision: str) -> list[tuple[str, int]]:
    """Name and bytes of every file in a branch of a data set on the hub; nothing if there is no such branch.

    Raises:
        DataError: The hub does not answer.
    """
    from huggingface_hub import HfApi  # late: pages paint without it
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
    from huggingface_hub.hf_api import RepoFile

    try:
        tree = HfApi().list_repo_tree(repo, repo_type="dataset", revision=revision, recursive=True)
        return [(item.path, item.size) for item in tree if isinstance(item, RepoFile)]
    except (RepositoryNotFoundError, RevisionNotFoundError):  # no such set, a private one, or no such branch
        return []
    except _trouble() as error:
        raise DataError(
            f"The hub does not say what is in {repo}: {type(error).__name__}.", fix="Check the network and try again."
        ) from error


def fetch(repo: str, path: str, revision: str, folder: Path) -> None:
    """Download one file of a data set on the hub to the same place below ``folder``."""
    from huggingface_hub import hf_hub_download

    try:
        hf_hub_download(repo, path, repo_type="dataset", revision=revision, local_dir=folder)
    except _trouble() as error:
        with workspace.disk_errors():
            if isinstance(error, OSError):
                workspace.raise_disk_trouble(error)
        raise DataError(
            f"{shown(path)} of {repo} could not be downloaded: {type(error).__name__}.",
            fix="Check the network and try again.",
        ) from error


def _trouble() -> tuple[type[BaseException], ...]:
    """Return what the hub's library raises without a network: its own errors, and those of its HTTP library, their
    base."""
    from huggingface_hub.errors import HfHubHTTPError

    return (OSError, ValueError, *(base for base in HfHubHTTPError.__mro__ if base.__name__ == "HTTPError"))


def _chosen(listed: Sequence[tuple[str, int]], repo: str, configuration: str) -> list[_File]:
    """The files of one configuration, each with its split; files of other splits (unlabelled, extra) stay away."""
    folders = {path.split("/")[0] for path, _ in listed if path.count("/") > 1 and not _is_split(path.split("/")[0])}
    if configuration and configuration not in folders:
        raise DataError(
            f"The set {repo} has no configuration {configuration!r}.",
            fix=f"Choose one of: {', '.join(sorted(folders)[:20]) or 'none is needed'}.",
        )
    if folders:
        taken = configuration or next((name for name in _DEFAULTS if name in folders), sorted(folders)[0])
        listed = [(path, n) for path, n in listed if path.startswith(f"{taken}/")]
    files = []
    for path, n_bytes in sorted(listed):
        found = _SPLIT.search(path)
        files.append(_File(path, n_bytes, (split_named(found[1]) or "") if found else ""))
    return [file for file in files if file.split] or files


def _is_split(folder: str) -> bool:
    return split_named(folder.removeprefix("partial-")) is not None


class _Shards:
    """Parquet files of one schema, read group of rows by group of rows; the last few groups stay in memory."""

    def __init__(self, paths: Sequence[Path]) -> None:
        try:
            self.files = [pq.ParquetFile(path) for path in paths]
        except (OSError, pa.ArrowException) as error:
            raise DataError(
                f"{paths[0].name} is no Parquet file, or it is cut off.", fix="Download it again."
            ) from error
        self.schema: pa.Schema = self.files[0].schema_arrow
        self._lock = threading.Lock()
        self._groups: dict[tuple[int, int], Any] = {}

    def column(self, number: int, name: str) -> list[Any]:
        """All values of a small column of a file."""
        return self.files[number].read(columns=[name]).column(0).to_pylist()

    def picture(self, number: int, group: int, row: int, column: str) -> bytes:
        """The file of one picture. Raises DataError if it is none."""
        with self._lock:
            key = (number, group)
            if key not in self._groups:
                while len(self._groups) >= _GROUPS_KEPT:
                    del self._groups[next(iter(self._groups))]
                try:
                    self._groups[key] = self.files[number].read_row_group(group, columns=[column]).column(0)
                except (OSError, pa.ArrowException) as error:
                    raise DataError("damaged inside its Parquet file", fix="Download the set again.") from error
            value = self._groups[key][row].as_py()
        data = value.get("bytes") if isinstance(value, dict) else value
        if not data:
            raise DataError("the set holds no bytes for it", fix="Do without it.")
        if len(data) > QUOTAS.file_bytes:
            raise DataError(f"larger than {QUOTAS.file_bytes / 1e6:,.0f} MB", fix="Do without it.")
        return bytes(data)


def _image_column(schema: pa.Schema, requested: str) -> str:
    """The column with the pictures: a struct with ``bytes``, as the hub keeps them, or plain bytes."""
    fits = [field.name for field in schema if _holds_bytes(field.type)]
    if requested and requested in fits:
        return requested
    if requested or not fits:
        raise DataError(
            f"Column {requested!r} holds no pictures." if requested else "The set has no column with pictures.",
            fix=f"Its columns are: {', '.join(names.clean(name) for name in schema.names[:20])}.",
        )
    return next((name for name in ("image", "img") if name in fits), fits[0])


def _holds_bytes(data_type: pa.DataType) -> bool:
    if pa.types.is_struct(data_type):
        return any(data_type.field(i).name == "bytes" for i in range(data_type.num_fields))
    return pa.types.is_binary(data_type) or pa.types.is_large_binary(data_type)


def _label_column(schema: pa.Schema, requested: str, image: str) -> tuple[str, list[str]]:
    """The column with the class, and the names of its classes; no names where it holds them itself."""
    features = _features(schema)
    one_value = [
        field.name
        for field in schema
        if field.name != image and (pa.types.is_integer(field.type) or pa.types.is_string(field.type))
    ]
    named = [name for name in one_value if features.get(name, {}).get("_type") == "ClassLabel"]
    chosen = requested or next(iter(named), None) or next((name for name in _LABELS if name in one_value), None)
    if chosen is None or chosen not in one_value:
        raise DataError(
            f"Column {requested!r} does not hold one class per picture."
            if requested
            else "The set has no column with one class per picture.",
            fix=f"Its columns are: {', '.join(names.clean(name) for name in schema.names[:20])}.",
        )
    return chosen, [str(name) for name in features.get(chosen, {}).get("names", [])]


def _features(schema: pa.Schema) -> dict[str, Any]:
    """Return what the hub's library wrote down about the columns."""
    try:
        found = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return {name: about for name, about in found.items() if isinstance(about, dict)} if isinstance(found, dict) else {}


def _entries(shards: _Shards, splits: Sequence[str], image: str, labelled: tuple[str, list[str]]) -> Iterator[Entry]:
    """Every picture in the order of the files; one without a class is left out with its reason."""
    column, classes = labelled
    count = 0
    for number, split in enumerate(splits):
        file = shards.files[number]
        labels = shards.column(number, column)
        start = 0
        for group in range(file.num_row_groups):
            about = file.metadata.row_group(group)
            n_rows = about.num_rows
            n_bytes = int(about.total_byte_size / max(1, n_rows))
            for row in range(n_rows):
                count += 1
                if count > QUOTAS.files:
                    raise DataError(f"The set has more than {QUOTAS.files:,} pictures.", fix="Take a smaller one.")
                label = _label(labels[start + row], classes)
                place = "/".join(part for part in (split, (label or "none").replace("/", "∕")) if part)
                read = partial(shards.picture, number, group, row, image)
                refused = "" if label else "the set names no class for it"
                yield Entry(f"{place}/{count:06d}.jpg", n_bytes, read, refused)  # its bytes say what it really is
            start += n_rows


def _label(value: Any, classes: Sequence[str]) -> str:
    """The class of a cell; empty for an unlabelled picture (the hub writes -1)."""
    if value is None or value == "" or (isinstance(value, int) and classes and not 0 <= value < len(classes)):
        return ""
    return classes[value] if classes and isinstance(value, int) else str(value)
