"""Pictures to start with: two sets that came with the installation, three that a network brings.

A sample is a source of entries like a ZIP or a folder, so everything behind it is the same.
"""

import gzip
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from ftcore import hardware, workspace
from ftcore.datasets.images.decode import as_bmp
from ftcore.datasets.sources import torchvision_sets
from ftcore.datasets.sources.archive import Entry, Listing
from ftcore.errors import DataError

_ANIMALS = ("bear", "bird", "cat", "cow", "dog", "elephant", "giraffe", "horse", "sheep", "zebra")
_ANIMALS_PACKAGE = "animal_shape_mnist"
_PIXELS_AT, _LABELS_AT = 150, 146  # bytes of pickle before the arrays, which are read without unpickling anything


@dataclass(frozen=True)
class Sample:
    """A data set that nobody has to bring.

    Args:
        name: As in ``sample:<name>``.
        title: For people.
        description: One sentence.
        licence: Of the pictures.
        n_images: As published; exact copies are left out at import.
        url: Where a network brings it from; empty if it came with the installation.
    """

    name: str
    title: str
    description: str
    licence: str
    n_images: int
    entries: Callable[[], Listing] = field(repr=False)
    url: str = ""

    @property
    def needs_network(self) -> bool:
        return bool(self.url)

    def available(self) -> tuple[bool, str]:
        """Tell whether it can be imported now, and if not, why. Answers within about a second."""
        if self.needs_network:
            if torchvision_sets.is_complete(_download_folder(self.name)):
                return True, ""
            hardware.ask(sample.url for sample in SAMPLES.values() if sample.url)
            if hardware.reachable(self.url):
                return True, ""
            return False, "needs a network; none here"
        if self.name == "animals" and importlib.util.find_spec(_ANIMALS_PACKAGE) is None:
            return False, "the package animal-shape-mnist is not installed"
        return True, ""


def find(name: str) -> Sample:
    """The sample of a name. Raises DataError for an unknown one."""
    if name not in SAMPLES:
        raise DataError(f"There is no sample {name!r}.", fix=f"Choose one of: {', '.join(SAMPLES)}.")
    return SAMPLES[name]


def open_sample(name: str) -> Listing:
    """The entries of a sample, downloaded if need be. Raises DataError if it cannot be had."""
    sample = find(name)
    possible, reason = sample.available()
    if not possible:
        raise DataError(
            f"The sample {sample.title} cannot be had: {reason}.",
            fix=f"Choose one that came with the app: {', '.join(s.name for s in SAMPLES.values() if not s.url)}.",
        )
    return sample.entries()


def _listing(labels: np.ndarray, classes: tuple[str, ...], picture: Callable[[int], Image.Image]) -> Listing:
    entries = []
    for i, label in enumerate(labels):
        entries.append(Entry(f"{classes[int(label)]}/{i:05d}.bmp", 0, partial(_bmp, picture, i)))
    return Listing(tuple(entries))


def _bmp(picture: Callable[[int], Image.Image], i: int) -> bytes:
    return as_bmp(picture(i))


def _digits() -> Listing:
    """8×8 pixels of 17 greys, enlarged four times: smaller than that, no network sees anything in them."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    grey = (digits.images * (255 / 16)).round().astype(np.uint8)  # [1797, 8, 8]

    def picture(i: int) -> Image.Image:
        return Image.fromarray(grey[i]).resize((32, 32), Image.Resampling.BICUBIC)

    return _listing(digits.target, tuple("0123456789"), picture)


def _animals() -> Listing:
    """28×28 silhouettes, from the data files of a package whose own loader needs TensorFlow and unpickles."""
    spec = importlib.util.find_spec(_ANIMALS_PACKAGE)
    try:
        if spec is None or not spec.submodule_search_locations:
            raise OSError("not installed")
        folder = Path(spec.submodule_search_locations[0]) / "data" / "Animal Shape"
        raw = gzip.decompress((folder / "animal_data_version_3.gz").read_bytes())
        raw_labels = gzip.decompress((folder / "animal_label_version_3.gz").read_bytes())
        n = 10_000
        grey = np.frombuffer(raw, np.uint8, n * 28 * 28, _PIXELS_AT).reshape(n, 28, 28)
        labels = np.frombuffer(raw_labels, "<i8", n, _LABELS_AT)
        if set(np.unique(labels)) != set(range(len(_ANIMALS))):
            raise ValueError("unexpected labels")
    except (OSError, EOFError, ValueError) as error:
        raise DataError(
            "The sample Animals cannot be read from its package.", fix="Install animal-shape-mnist again."
        ) from error
    return _listing(labels, _ANIMALS, lambda i: Image.fromarray(grey[i]))


def _downloaded(name: str) -> Listing:
    """One of torchvision's sets, downloaded once into the workspace. Imports torch: for worker processes."""
    found = torchvision_sets.downloaded(_download_folder(name), f"The sample {SAMPLES[name].title}", _FETCH[name])
    entries = (
        Entry(f"{label}/{path.name}", path.stat().st_size, path.read_bytes)
        for path, label in sorted(found, key=lambda pair: (pair[1], pair[0]))
    )
    return Listing(tuple(entries))


def _files(name: str, folder: Path) -> Iterator[tuple[Path, str]]:
    """File and class of every picture, its own splits put together."""
    for _, label, file in torchvision_sets.pictures(name, folder):
        if isinstance(file, Path):
            yield file, label


def _download_folder(name: str) -> Path:
    return workspace.folder("downloads") / name


_FETCH: dict[str, Callable[[Path], Iterator[tuple[Path, str]]]] = {
    "pets": partial(_files, "OxfordIIITPet"),
    "flowers": partial(_files, "Flowers102"),
    "eurosat": partial(_files, "EuroSAT"),
}
_VGG = "https://www.robots.ox.ac.uk/~vgg/data/"
_TABLE = (
    Sample(
        "digits",
        "Digits",
        "Handwritten digits, 8×8 pixels: small, quick, and easy to get right.",
        "CC BY 4.0 (UCI Machine Learning Repository)",
        1797,
        _digits,
    ),
    Sample(
        "animals",
        "Animals",
        "Silhouettes of ten animals, 28×28 pixels: many pictures, some of them hard to tell apart.",
        "MIT",
        10_000,
        _animals,
    ),
    Sample(
        "pets",
        "Oxford-IIIT Pets",
        "Photos of 37 breeds of cats and dogs, about 200 of each.",
        "CC BY-SA 4.0",
        7349,
        partial(_downloaded, "pets"),
        _VGG + "pets/data/images.tar.gz",
    ),
    Sample(
        "flowers",
        "Oxford Flowers",
        "Photos of 102 kinds of flowers, 40 to 258 of each.",
        "for research and teaching; the photos belong to their photographers",
        8189,
        partial(_downloaded, "flowers"),
        _VGG + "flowers/102/102flowers.tgz",
    ),
    Sample(
        "eurosat",
        "EuroSAT",
        "Satellite pictures of ten kinds of land, 64×64 pixels.",
        "MIT",
        27_000,
        partial(_downloaded, "eurosat"),
        "https://huggingface.co/datasets/torchgeo/eurosat",
    ),
)
SAMPLES: dict[str, Sample] = {sample.name: sample for sample in _TABLE}
