"""Pictures and archives that tests make for themselves."""

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image


def noise(seed, size=(24, 20), mode="RGB"):
    """A picture unlike that of any other seed; ``size`` is width and height."""
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


def encoded(picture, file_format="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def png(seed, size=(24, 20)):
    return encoded(noise(seed, size))


def two_classes(n=4, prefix=""):
    """Names and bytes of ``n`` cats and ``n`` dogs."""
    files = {f"{prefix}cat/{i}.png": png(i) for i in range(n)}
    return {**files, **{f"{prefix}dog/{i}.png": png(1000 + i) for i in range(n)}}


def write_zip(path, files, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def write_folder(path, files):
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def huge_png(side):
    """A black PNG of ``side`` × ``side`` pixels, packed by hand: nobody has to hold it unpacked."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def reasons(dataset):
    """Why each file was left out, by its name."""
    return {item["name"]: item["reason"] for item in dataset.left_out}


def scene(seed, side=48):
    """A smooth picture unlike that of any other seed, as a photo is smooth."""
    return noise(seed, (6, 6)).resize((side, side), Image.Resampling.BICUBIC)


def scenes(n, first=0):
    return {f"{label}/{i}.png": encoded(scene(first + 1000 * k + i)) for k, label in enumerate("ab") for i in range(n)}
