"""What lies in a ZIP or a folder, read entry by entry under quotas. Nothing is ever unpacked to the names found there.

Names are text: they decide a picture's class and are shown, cleaned; no file is made under them.
"""

import os
import stat
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

from ftcore import names
from ftcore.datasets.images.decode import EXTENSIONS
from ftcore.errors import DataError

_JUNK_FOLDERS = ("__macosx", "$recycle.bin", "system volume information")
_JUNK_FILES = ("thumbs.db", "desktop.ini", "icon\r")
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")
_CHUNK = 1 << 20  # bytes
_LOCAL_HEADER = 30  # bytes before the name, in front of each entry of a ZIP
_UTF8 = 0x800  # the flag that says that a name is UTF-8
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Quotas:
    """What a source may cost.

    Args:
        files: Entries of any kind.
        file_bytes: Largest picture file.
        total_bytes: All picture files, unpacked.
        ratio: Unpacked over packed bytes of the whole ZIP. Pictures are packed already and hardly shrink.
        ratio_from: Unpacked bytes below which the ratio is not looked at; a few plain drawings do shrink that much.
    """

    files: int = 100_000
    file_bytes: int = 200_000_000
    total_bytes: int = 20_000_000_000
    ratio: int = 200
    ratio_from: int = 20_000_000


QUOTAS = Quotas()


class TooMuch(DataError):
    """The source as a whole is over a quota: reading stops. A single bad entry raises a plain DataError."""


@dataclass(frozen=True)
class Entry:
    """One file of a source.

    Args:
        name: As in the source, parts separated by ``/``. Not fit to be shown or used as a path.
        size: Bytes, as the source says; not to be trusted.
        read: The bytes. Raises DataError for a damaged or too large entry, TooMuch when a quota of the whole is hit.
        refused: Why the entry is not read at all; empty for all others.
    """

    name: str
    size: int
    read: Callable[[], bytes]
    refused: str = ""


@dataclass(frozen=True)
class Listing:
    """The entries of a source, sorted by name, without the ``n_junk`` files that only an operating system needs."""

    entries: tuple[Entry, ...]
    n_junk: int = 0


def shown(name: str) -> str:
    """A name from a source as it may be shown: each part cleaned, the last four parts."""
    return "/".join(names.clean(part) for part in name.split("/")[-4:] if part)


def suffix(name: str) -> str:
    """The ending of a name in lower case, with its dot, or an empty text."""
    return os.path.splitext(name.rpartition("/")[2])[1].lower()


@contextmanager
def zip_entries(path: Path | BinaryIO, quotas: Quotas = QUOTAS) -> Iterator[Listing]:
    """The files in a ZIP, a path or an open file; their ``read`` works inside the ``with`` block, from several threads.

    Raises:
        DataError: Not a ZIP, encrypted, entries that overlap, or more than the quotas allow.
    """
    with _opened(path) as archive:
        files = [info for info in archive.infolist() if not info.filename.endswith("/")]
        if len(files) > quotas.files:
            raise TooMuch(f"The ZIP holds {len(files):,} files, at most {quotas.files:,} are read.", fix="Split it.")
        if any(info.flag_bits & _ENCRYPTED for info in files):
            raise DataError("The ZIP is locked with a password.", fix="Pack the pictures again without a password.")
        _refuse_overlap(files, archive.start_dir)
        packed_bytes = path.stat().st_size if isinstance(path, Path) else path.seek(0, os.SEEK_END)
        meter = _Meter(quotas, packed_bytes)
        listed: list[Entry] = []
        n_junk = 0
        for info in files:
            name = _zip_name(info)
            if _is_junk(name):
                n_junk += 1
                continue
            refused = _refusal(name, is_link=stat.S_ISLNK(info.external_attr >> 16))
            listed.append(Entry(name, info.file_size, partial(_read_zip, archive, info, meter), refused))
        meter.check_announced(entry for entry in listed if not entry.refused)
        yield Listing(tuple(sorted(listed, key=lambda entry: entry.name)), n_junk)


@contextmanager
def folder_entries(path: Path, quotas: Quotas = QUOTAS) -> Iterator[Listing]:
    """The files in a folder and the folders below it. Symbolic links are not followed.

    Raises:
        DataError: More than the quotas allow, or a folder that may not be read.
    """
    meter = _Meter(quotas, None)
    entries: list[Entry] = []
    n_junk = 0
    for found in _walk(path):
        name = unicodedata.normalize("NFC", os.fsencode(os.path.relpath(found.path, path)).decode("utf-8", "replace"))
        if _is_junk(name):
            n_junk += 1
            continue
        if len(entries) + n_junk >= quotas.files:
            raise TooMuch(
                f"The folder holds more than {quotas.files:,} files.", fix="Choose a folder with fewer files."
            )
        is_link = found.is_symlink()
        refused = _refusal(name, is_link=is_link)
        if not is_link and not found.is_file(follow_symlinks=False):
            refused = "not an ordinary file"
        size = 0 if refused else found.stat(follow_symlinks=False).st_size
        entries.append(Entry(name, size, partial(_read_file, Path(found.path), meter), refused))
    meter.check_announced(entry for entry in entries if not entry.refused)
    yield Listing(tuple(sorted(entries, key=lambda entry: entry.name)), n_junk)


class _Meter:
    """Counts the bytes that were really read, over all threads that read."""

    def __init__(self, quotas: Quotas, packed_bytes: int | None) -> None:
        self.quotas = quotas
        self._packed_bytes = packed_bytes
        self._total = 0
        self._lock = threading.Lock()

    def check_announced(self, entries: Iterator[Entry]) -> None:
        """Stop before the start what says itself that it is too much."""
        self._check(sum(entry.size for entry in entries if suffix(entry.name) in EXTENSIONS))

    def add(self, n_bytes: int) -> None:
        with self._lock:
            self._total += n_bytes
            self._check(self._total)

    def _check(self, total: int) -> None:
        quotas = self.quotas
        if total > quotas.total_bytes:
            raise TooMuch(
                f"The pictures take more than {quotas.total_bytes / 1e9:g} GB.",
                fix="Split them into several data sets.",
            )
        packed = self._packed_bytes
        if packed is not None and total > quotas.ratio_from and total > quotas.ratio * packed:
            raise TooMuch(
                f"The ZIP of {packed / 1e6:,.1f} MB unpacks to more than {quotas.ratio} times its size. "
                "Pictures do not shrink that much.",
                fix="Use a ZIP that was made from picture files.",
            )


@contextmanager
def _opened(path: Path | BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, LookupError, EOFError) as error:
        raise DataError(
            f"{names.clean(Path(str(getattr(path, 'name', 'The upload'))).name)} is not a ZIP file, or it is cut off.",
            fix="Pack or upload it again.",
        ) from error
    with archive:
        yield archive


def _refuse_overlap(files: list[zipfile.ZipInfo], end: int) -> None:
    """Entries that share packed bytes make a small file unpack to petabytes (Fifield 2019, A better zip bomb)."""
    for info in sorted(files, key=lambda info: info.header_offset, reverse=True):
        stop = info.header_offset + _LOCAL_HEADER + info.compress_size
        if stop > end or info.header_offset < 0:
            raise DataError("The ZIP is damaged: its entries overlap.", fix="Pack the pictures again.")
        end = info.header_offset


def _zip_name(info: zipfile.ZipInfo) -> str:
    name = info.filename
    if not info.flag_bits & _UTF8:
        # Older archivers wrote UTF-8 without saying so; zipfile then reads it as the old DOS letters.
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", name).replace("\\", "/")


def _is_junk(name: str) -> bool:
    *folders, file = name.lower().split("/")
    hidden = any(part.startswith(".") and part.strip(".") for part in (*folders, file))
    return hidden or file in _JUNK_FILES or any(folder in _JUNK_FOLDERS for folder in folders)


def _refusal(name: str, *, is_link: bool) -> str:
    parts = name.split("/")
    if is_link:
        return "a link to another file"
    if name.startswith("/") or ".." in parts or (len(parts[0]) == 2 and parts[0][1] == ":"):
        return "its name points outside of the archive"
    if suffix(name) in _ARCHIVES:
        return "an archive inside; unpack it first"
    return ""


def _read_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: _Meter) -> bytes:
    try:
        with archive.open(info) as packed:
            return _read(packed, meter)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError) as error:
        raise DataError("damaged inside the ZIP") from error
    except (NotImplementedError, RuntimeError) as error:  # a way of packing that Python does not know
        raise DataError("packed in a way that cannot be read") from error


def _read_file(path: Path, meter: _Meter) -> bytes:
    try:
        with path.open("rb") as file:
            return _read(file, meter)
    except OSError as error:
        raise DataError("the file cannot be opened") from error


def _read(file: IO[bytes], meter: _Meter) -> bytes:
    """All bytes, counted as they come."""
    data = bytearray()
    while chunk := file.read(_CHUNK):
        data += chunk
        if len(data) > meter.quotas.file_bytes:
            raise DataError(f"larger than {meter.quotas.file_bytes / 1e6:,.0f} MB")
        meter.add(len(chunk))
    return bytes(data)


def _walk(path: Path) -> Iterator["os.DirEntry[str]"]:
    """Every file below ``path``, links included but not followed; hidden folders are not entered."""
    waiting = [str(path)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                children = sorted(found, key=lambda child: child.name)
        except OSError as error:
            raise DataError(
                f"The folder {names.clean(os.path.basename(folder))} cannot be read.", fix="Change its permissions."
            ) from error
        for child in children:
            if child.is_dir(follow_symlinks=False):
                if not child.name.startswith("."):
                    waiting.append(child.path)
            else:
                yield child
