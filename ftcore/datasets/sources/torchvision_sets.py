"""The public data sets that torchvision knows by name: downloaded once into the workspace, with their own splits."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from ftcore import hardware, workspace
from ftcore.datasets.images.decode import EXTENSIONS, as_bmp
from ftcore.datasets.sources.archive import QUOTAS, Entry, Listing
from ftcore.errors import DataError

_DONE = "complete"  # a download that was cut off has no such file and starts over
_BY_TRAIN = (("train", {"train": True}), ("test", {"train": False}))
_TWO = (("train", {"split": "train"}), ("test", {"split": "test"}))
_THREE = (("train", {"split": "train"}), ("val", {"split": "val"}), ("test", {"split": "test"}))
_OXFORD = "https://www.robots.ox.ac.uk/~vgg/data/"
_LABELS = ("targets", "_labels", "labels")  # where its classes keep the class of each picture
_FILES = ("_image_files", "_images")
_PAIRS = ("_samples", "samples")


@dataclass(frozen=True)
class Known:
    """One of torchvision's data sets.

    Args:
        name: As torchvision calls its class.
        about: One sentence.
        n_images: As published.
        url: Where it comes from.
        parts: Its splits, each with what torchvision wants to be told for it.
    """

    name: str
    about: str
    n_images: int
    url: str
    parts: tuple[tuple[str, dict[str, Any]], ...]


_TABLE = (
    Known("CIFAR10", "Ten things and animals, 32×32 pixels.", 60_000, "https://www.cs.toronto.edu/~kriz/", _BY_TRAIN),
    Known("CIFAR100", "A hundred things and animals, 32×32.", 60_000, "https://www.cs.toronto.edu/~kriz/", _BY_TRAIN),
    Known("MNIST", "Handwritten digits, 28×28 pixels.", 70_000, "https://ossci-datasets.s3.amazonaws.com", _BY_TRAIN),
    Known(
        "FashionMNIST",
        "Ten kinds of clothing, 28×28 pixels.",
        70_000,
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        _BY_TRAIN,
    ),
    Known("KMNIST", "Ten cursive Japanese letters, 28×28.", 70_000, "http://codh.rois.ac.jp/kmnist/", _BY_TRAIN),
    Known("STL10", "Ten things and animals, 96×96 pixels.", 13_000, "http://ai.stanford.edu/~acoates/stl10/", _TWO),
    Known("SVHN", "House numbers, digit by digit, 32×32.", 99_289, "http://ufldl.stanford.edu/housenumbers/", _TWO),
    Known("GTSRB", "43 German traffic signs.", 39_270, "https://sid.erda.dk", _TWO),
    Known("Flowers102", "102 kinds of flowers.", 8_189, f"{_OXFORD}flowers/102/", _THREE),
    Known(
        "OxfordIIITPet",
        "37 breeds of cats and dogs.",
        7_349,
        f"{_OXFORD}pets/",
        (("train", {"split": "trainval"}), ("test", {"split": "test"})),
    ),
    Known("FGVCAircraft", "100 kinds of aircraft.", 10_000, f"{_OXFORD}fgvc-aircraft/", _THREE),
    Known("DTD", "47 textures.", 5_640, f"{_OXFORD}dtd/", _THREE),
    Known("EuroSAT", "Ten kinds of land from a satellite, 64×64.", 27_000, "https://huggingface.co", (("", {}),)),
    Known(
        "Imagenette",
        "Ten easy classes of ImageNet.",
        13_394,
        "https://s3.amazonaws.com",
        (("train", {"split": "train", "size": "320px"}), ("val", {"split": "val", "size": "320px"})),
    ),
)
SETS: dict[str, Known] = {known.name: known for known in _TABLE}


def find(name: str) -> Known:
    """The set of a name, however its letters are written. Raises DataError for an unknown one."""
    for known in _TABLE:
        if known.name.lower() == name.strip().lower():
            return known
    raise DataError(f"torchvision's set {name[:80]!r} is not known here.", fix=f"Choose one of: {', '.join(SETS)}.")


def open_set(name: str) -> Listing:
    """The pictures of a set, in folders named after split and class; downloaded if need be. Imports torch.

    Raises:
        DataError: An unknown name, or neither a download of before nor a network.
        WorkspaceError: The disk refuses.
    """
    known = find(name)
    folder = workspace.folder("downloads") / f"torchvision-{known.name.lower()}"
    if not (folder / _DONE).exists() and not hardware.reachable(known.url):
        raise DataError(
            f"torchvision's set {known.name} is not on this machine, and {known.url} cannot be reached.",
            fix="Connect to the internet once, or choose a sample that came with the app: digits, animals.",
        )
    entries = list(downloaded(folder, known.name, lambda folder: _entries(known, folder)))
    if len(entries) > QUOTAS.files:
        raise DataError(
            f"The set has {len(entries):,} pictures, at most {QUOTAS.files:,} are read.", fix="Take another."
        )
    return Listing(tuple(entries))


def downloaded(folder: Path, title: str, fetch: Callable[[Path], Iterator[Any]]) -> list[Any]:
    """Return what ``fetch`` finds in a folder, which it fills first if it is not complete; what a cut left is thrown
    away.

    Raises:
        DataError: The download did not work.
        WorkspaceError: The disk refuses.
    """
    done = folder / _DONE
    if not done.exists() and folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
    with workspace.disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
    try:
        found = list(fetch(folder))
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        if isinstance(error, OSError):
            with workspace.disk_errors():
                workspace.raise_disk_trouble(error)
        raise DataError(
            f"{title} could not be downloaded: {type(error).__name__}.", fix="Check the network and try again."
        ) from error
    workspace.write_bytes(done, b"")
    return found


def is_complete(folder: Path) -> bool:
    """Tell whether a download of before lies there whole."""
    return (folder / _DONE).exists()


def pictures(name: str, folder: Path) -> Iterator[tuple[str, str, Path | Callable[[], Image.Image]]]:
    """Split (empty if it has none), class and picture of everything in a set; a picture is a file, or is made.

    Args:
        name: Of a row of ``SETS``.
        folder: Where the files are, or where they are downloaded to.
    """
    from ftcore import vision  # late: it brings torch

    for split, options in SETS[name].parts:
        part = vision.torchvision_set(name, folder, **options)
        for i, (label, file) in enumerate(_labels_and_files(part)):
            yield split, label, file if file is not None else partial(_made, part, i)


def _labels_and_files(part: Any) -> Iterator[tuple[str, Path | None]]:
    """Class name and file of each picture, without decoding any; no file where pixels lie in one array."""
    pairs = next((getattr(part, name) for name in _PAIRS if getattr(part, name, None)), None)
    if pairs is not None:
        files: list[Path | None] = [Path(path) for path, _ in pairs]
        labels = [int(label) for _, label in pairs]
    else:
        labels = [int(label) for label in next(getattr(part, name) for name in _LABELS if hasattr(part, name))]
        listed = next((getattr(part, name) for name in _FILES if hasattr(part, name)), None)
        files = [Path(path) for path in listed] if listed is not None else [None] * len(labels)
    classes = getattr(part, "classes", None) or [str(i) for i in range(max(labels) + 1)]
    for label, file in zip(labels, files, strict=True):
        name = classes[label]
        yield (name if isinstance(name, str) else name[0]), file  # Imagenette has several names for a class


def _made(part: Any, i: int) -> Image.Image:
    picture: Image.Image = part[i][0]
    return picture.convert("RGB")


def _entries(known: Known, folder: Path) -> Iterator[Entry]:
    for i, (split, label, picture) in enumerate(pictures(known.name, folder)):
        place = "/".join(part for part in (split, label.replace("/", "∕")) if part)
        if isinstance(picture, Path):
            ending = picture.suffix.lower() if picture.suffix.lower() in EXTENSIONS else ".jpg"
            yield Entry(f"{place}/{i:06d}{ending}", picture.stat().st_size, picture.read_bytes)
        else:
            yield Entry(f"{place}/{i:06d}.bmp", 0, partial(_bmp, picture))


def _bmp(picture: Callable[[], Image.Image]) -> bytes:
    return as_bmp(picture())
