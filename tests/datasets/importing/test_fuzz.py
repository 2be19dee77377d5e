"""4,000 archives, pictures and label files, damaged by a seeded hand: a data set or one sentence, nothing beside it."""

import io
import json
import random
import zipfile
from functools import partial

import numpy as np
import pytest
from PIL import Image

from ftcore.datasets.images.decode import read_picture
from ftcore.datasets.importing import importer
from ftcore.datasets.importing.importer import import_source
from ftcore.datasets.labels import resolve
from ftcore.datasets.sources.archive import Entry, Listing, Quotas, zip_entries
from ftcore.errors import DataError
from tests.datasets.images.test_decode import dicom
from tests.datasets.made_pictures import encoded, noise, png, two_classes

PICTURES, ARCHIVES, LABEL_FILES = 1600, 400, 2000
FEW = Quotas(files=60, file_bytes=20_000, total_bytes=100_000, ratio=50, ratio_from=50_000)


def damaged(data, chance):
    """The bytes with one to four wounds: bits flipped, numbers made extreme, parts cut out, repeated or moved."""
    wounded = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        if not wounded:
            break
        at = chance.randrange(len(wounded)) if chance.random() < 0.6 else chance.randrange(min(len(wounded), 64))
        length = chance.randint(1, min(200, len(wounded)))
        match chance.randrange(6):
            case 0:
                wounded[at] ^= 1 << chance.randrange(8)
            case 1:
                wounded[at : at + 4] = chance.choice([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\x80"])
            case 2:
                del wounded[at : at + length]
            case 3:
                wounded[at:at] = wounded[at : at + length]
            case 4:
                wounded[at : at + length] = chance.randbytes(length)
            case 5:
                del wounded[at:]
    return bytes(wounded)


@pytest.fixture(scope="module")
def healthy():
    """One small picture of every kind that is read."""
    import pillow_heif

    buffer = io.BytesIO()
    pillow_heif.from_pillow(noise(1)).save(buffer)
    usual = {name: encoded(noise(2), name) for name in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")}
    odd = {
        "frames": encoded(noise(3), "GIF", save_all=True, append_images=[noise(4)]),
        "packed": encoded(noise(5), "TIFF", compression="tiff_lzw"),
        "deep": encoded(Image.new("I;16", (9, 8), 3000), "PNG"),
        "print": encoded(noise(6, mode="CMYK"), "JPEG", progressive=True),
        "window": dicom(np.arange(72, dtype=np.int16).reshape(8, 9), WindowCenter=30, WindowWidth=20),
    }
    return {**usual, **odd, "HEIC": buffer.getvalue()}


@pytest.mark.filterwarnings("ignore")
def test_damaged_pictures_are_read_or_refused_with_a_sentence(healthy):
    refused = 0
    for seed in range(PICTURES):
        chance = random.Random(seed)
        data = damaged(healthy[chance.choice(sorted(healthy))], chance)
        try:
            picture = read_picture(data)
        except DataError:
            refused += 1
        else:
            assert picture.image.mode == "RGB" and picture.width * picture.height <= 100_000_000
    assert PICTURES / 5 < refused < PICTURES  # the hand is neither too soft nor too hard


def packed(files, compression):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def sources():
    flat = {f"{i}.png": png(i, (6, 5)) for i in range(8)}
    rows = [f"{i}.png,{'ab'[i % 2]}|c,{i / 3},p{i}" for i in range(8)]
    box = {"image_id": 1, "category_id": 1}
    coco = {"images": [{"id": i, "file_name": f"{i}.png"} for i in range(8)], "annotations": [box] * 4}
    coco |= {"categories": [{"id": 1, "name": "cat"}]}
    return [
        {name: png(i, (6, 5)) for i, name in enumerate(two_classes())},
        {**flat, "labels.csv": "\n".join(["file,tags,size,group", *rows]).encode()},
        {**flat, "all.json": json.dumps(coco).encode()},
        {**flat, **{f"{i}.txt": f"{i % 2} 0.5 0.5 0.1 0.1".encode() for i in range(8)}, "data.yaml": b"names: [a, b]"},
        {"../outside/x.png": png(1), "cat/1.png": png(2), "/etc/x.png": png(3), "dog/..\\..\\x.png": png(4)},
        {"cat/bomb.bmp": b"BM" + bytes(300_000), "dog/1.png": png(1)},
    ]


def twisted(value, chance):
    """A JSON value with one to three parts exchanged for something odd, deep inside."""
    odd = (
        "null",
        "[]",
        "{}",
        "[[1]]",
        '{"id": [1]}',
        '""',
        '"\\u0000"',
        '"../x"',
        "-1",
        "1e999",
        "9" * 30,
        "true",
        "NaN",
    )
    copy = json.loads(json.dumps(value))
    for _ in range(chance.randint(1, 3)):
        place = copy
        while True:
            key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.85:
                place = place[key]
                continue
            place[key] = json.loads(chance.choice(odd))
            break
    return copy


def label_files(chance):
    """A damaged table, COCO file, or YOLO file with its names, by its name."""
    coco = {
        "images": [{"id": i, "file_name": f"{i}.png"} for i in range(8)],
        "annotations": [{"image_id": i, "category_id": i % 2} for i in range(8)],
        "categories": [{"id": i, "name": name} for i, name in enumerate(("cat", "dog"))],
    }
    rows = [{"file": f"{i}.png", "tags": ["a", "b"][: i % 3], "size (cm)": i / 3, "group": i // 2} for i in range(8)]
    table = "\n".join(["file,tags,size (cm),split,group", *(f'{i}.png,"a|b",{i / 3},train,p{i}' for i in range(8))])
    names = b"path: &p ../x\nnames: &n\n  0: cat\n  1: [*p, 'dog']\n<<: *n\n"
    boxes = b"0 0.5 0.5 0.1 0.1\n1 0.2 0.2 0.1 0.1\n"
    match chance.randrange(5):
        case 0:
            return {"all.json": json.dumps(twisted(coco, chance)).encode()}
        case 1:
            return {"all.json": damaged(json.dumps(coco).encode(), chance)}
        case 2:
            return {"labels.jsonl": "\n".join(json.dumps(row) for row in twisted(rows, chance)).encode()}
        case 3:
            return {f"labels.{chance.choice(['csv', 'tsv', 'xlsx', 'jsonl'])}": damaged(table.encode(), chance)}
        case _:
            texts = {f"{i}.txt": damaged(boxes, chance) if chance.random() < 0.3 else boxes for i in range(8)}
            return {**texts, "data.yaml": damaged(names, chance)}


def test_damaged_label_files_are_read_or_refused_with_a_sentence():
    pictures, tasks = {f"{i}.png": b"" for i in range(8)}, ("auto", "multiclass", "multilabel", "regression")
    read = 0
    for seed in range(LABEL_FILES):
        chance = random.Random(seed)
        files = {**pictures, **label_files(chance)}
        listing = Listing(tuple(Entry(name, len(data), partial(bytes, data)) for name, data in sorted(files.items())))
        resolve.find_table(listing)
        try:
            layout = resolve.place(listing, resolve.Labels(), chance.choice(tasks))
        except DataError:
            continue
        read += bool(layout.placed)
        assert all(item.entry.name in pictures for item in layout.placed)
    assert LABEL_FILES / 5 < read < LABEL_FILES


@pytest.mark.filterwarnings("ignore")
def test_damaged_archives_are_imported_or_refused_and_nothing_else_is_written(
    workspace, outside, tmp_path, monkeypatch
):
    monkeypatch.setattr(importer, "zip_entries", lambda path: zip_entries(path, FEW))
    healthy = [packed(files, how) for files in sources() for how in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]
    path = tmp_path / "in.zip"
    made = set()
    for seed in range(ARCHIVES):
        chance = random.Random(seed)
        path.write_bytes(damaged(chance.choice(healthy), chance))
        try:
            dataset = import_source(path, seed=seed % 3)
        except DataError:
            continue
        made.add(dataset.id)
        originals = [file.stat().st_size for file in (dataset.folder / "pictures").iterdir()]
        assert sum(originals) <= FEW.total_bytes and max(originals) <= FEW.file_bytes and len(originals) <= FEW.files
    assert len(made) > 5
    assert {folder.name for folder in (workspace / "datasets").iterdir()} == made
    assert {folder.name for folder in workspace.iterdir()} == {"datasets"}
