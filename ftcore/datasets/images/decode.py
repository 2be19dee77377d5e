"""One picture file, from anybody: an RGB picture, or one sentence that says why not."""

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np

# Pillow finds a format only after its module was imported; all others stay unknown to it here.
from PIL import (
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from ftcore.datasets.images.dicom import is_dicom, read_dicom
from ftcore.datasets.images.pixel_store import SHORT_SIDE, kept_size, shrink
from ftcore.errors import DataError

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
EXTENSIONS = (
    *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    *(".heic", ".heif", ".dcm", ".dicom"),
)
SUFFIX = {
    **{"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp", "BMP": ".bmp", "TIFF": ".tif", "GIF": ".gif"},
    "HEIF": ".heic",
}
MAX_PIXELS = 100_000_000  # width × height; 300 MB once decoded
READ = "JPEG, PNG, WebP, BMP, TIFF, GIF, HEIC and DICOM pictures are read"

_ORIENTATION = 0x0112  # the EXIF tag
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")  # brands behind "ftyp"
_SIDEWAYS = (5, 6, 7, 8)  # those that swap width and height
# What Pillow's readers raise on files that were damaged, by accident or on purpose.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    Warning,  # raised where somebody turned warnings into errors
    AssertionError,
    EOFError,
    BufferError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class Picture:
    """A picture that was read.

    Args:
        image: RGB, upright.
        width: Of the file, upright, in pixels; ``image`` may be smaller.
        height: Likewise.
        suffix: Of the format that the file really has: ``.jpg``, ``.png``, …
        notes: What had to be decided while reading, as phrases for people.
    """

    image: Image.Image
    width: int
    height: int
    suffix: str
    notes: tuple[str, ...] = ()


def as_bmp(picture: Image.Image) -> bytes:
    """A picture as a file. BMP, because its bytes, and so the hashes, are the same with every version of Pillow."""
    buffer = io.BytesIO()
    picture.save(buffer, "BMP")
    return buffer.getvalue()


def read_picture(data: bytes, *, side: int | None = SHORT_SIDE) -> Picture:
    """Read a picture file.

    Args:
        data: The whole file.
        side: Short side in pixels to shrink it to, as data sets do; no more is decoded than that needs. Training and
            prediction both read this way. None keeps the full size.

    Raises:
        DataError: The one thing that is raised, whatever the file holds.
    """
    if not data:
        raise DataError("The file is empty (0 bytes).", fix="Copy the picture again.")
    try:
        if is_dicom(data):
            return _medical(data, side)
        image = _open(data)
        if image is None:
            raise _unknown(data)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise DataError(
                f"The picture is {width}×{height} pixels, at most {MAX_PIXELS // 10**6} million pixels are read.",
                fix="Make it smaller.",
            )
        return _decode(image, side)
    except Image.DecompressionBombError as error:  # from the few readers that look for themselves
        raise DataError(
            f"The picture is too large, at most {MAX_PIXELS // 10**6} million pixels are read.", fix="Make it smaller."
        ) from error
    except MemoryError as error:
        raise DataError("The picture needs more memory than there is.", fix="Make it smaller.") from error
    except _DAMAGED as error:
        raise DataError("The picture is damaged or cut off.", fix="Copy or save it again.") from error


def _open(data: bytes) -> ImageFile.ImageFile | None:
    """The header, by the formats that are read; None if it is none of them.

    Not ``Image.open``: its guard against huge pictures does not tell their size, and is one number for the process.
    """
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        from pillow_heif import HeifImageFile  # late: most sources hold none

        return HeifImageFile(io.BytesIO(data), "")
    for name in FORMATS:
        factory, accept = Image.OPEN[name]
        if accept is not None and accept(data[:16]) is not True:
            continue
        try:
            return factory(io.BytesIO(data), "")
        except (SyntaxError, IndexError, TypeError, struct.error):
            continue  # how Pillow's readers say "not mine"
    return None


def _medical(data: bytes, side: int | None) -> Picture:
    image, notes = read_dicom(data, MAX_PIXELS)
    picture = image.convert("RGB")
    return Picture(shrink(picture, side) if side else picture, *image.size, ".dcm", tuple(notes))


def _unknown(data: bytes) -> DataError:
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml", b"<!doctype svg")):
        return DataError(f"The file is a drawing (SVG); {READ}.", fix="Save it as PNG.")
    if data[4:8] == b"ftyp":
        return DataError(f"The file is an AVIF picture or a film; {READ}.", fix="Save it as JPEG.")
    return DataError(f"The file is not a picture that can be read: {READ}.", fix="Save it as JPEG or PNG.")


def _decode(image: ImageFile.ImageFile, side: int | None) -> Picture:
    width, height = image.size
    notes = []
    if image.format not in ("MPO", "HEIF") and getattr(
        image, "is_animated", False
    ):  # those two: a phone's photo and its like
        notes.append("only the first of several frames is used")
    if side and isinstance(image, JpegImagePlugin.JpegImageFile):
        # A JPEG can be decoded at a half, a quarter or an eighth, at a fraction of the price; what is left of it, at
        # least one and a half times the kept size, goes through a filter.
        kept = kept_size(width, height, side)
        image.draft(None, (-(-3 * kept[0] // 2), -(-3 * kept[1] // 2)))
    suffix = SUFFIX[image.format or ""]
    image.load()  # decodes every byte of the first frame, so nothing is left for verify() to find
    orientation = _orientation(image)
    picture, more = _rgb(image)
    if side:
        picture = shrink(picture, side)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    if orientation in _SIDEWAYS:
        width, height = height, width
    return Picture(picture, width, height, suffix, (*notes, *more))


def _orientation(image: Image.Image) -> int:
    """Return how the camera was held. Damaged EXIF data is no reason to refuse a good picture."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _DAMAGED:
        return 1


def _rgb(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """Any mode as RGB, and what was done about transparency or more than 8 bits."""
    if image.mode == "F" or image.mode.startswith("I"):
        return _eight_bit(image).convert("RGB"), ["more than 8 bits per value, scaled to 8"]
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        if image.mode in ("RGBa", "La"):  # premultiplied: only these two steps are known to Pillow
            image = image.convert({"RGBa": "RGBA", "La": "LA"}[image.mode])
        opaque = image.convert("RGBA")
        white = Image.new("RGBA", opaque.size, (255, 255, 255, 255))
        white.alpha_composite(opaque)
        see_through = opaque.getchannel("A").getextrema() != (255, 255)
        return white.convert("RGB"), ["transparent parts are shown on white"] if see_through else []
    if image.mode == "CMYK":
        return image.convert("RGB"), ["print colours (CMYK) are turned into RGB"]
    return image if image.mode == "RGB" else image.convert("RGB"), []


def _eight_bit(image: Image.Image) -> Image.Image:
    """Grey values of 16 or 32 bits, or fractions, as 8 bits. The scale depends on the format, not on the picture,
    so that two pictures of one camera stay comparable; only odd ranges are stretched to fit."""
    values = np.asarray(image).astype(np.float32)  # [height, width]
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if image.mode == "F" and low >= 0 and high <= 1:
        values *= 255
    elif image.mode.startswith("I;16") or (image.mode == "I" and low >= 0 and 255 < high <= 65535):
        values /= 257
    elif low < 0 or high > 255:
        values = (values - low) * (255 / (high - low)) if high > low else values * 0
    return Image.fromarray(values.round().clip(0, 255).astype(np.uint8))
