"""Medical pictures (DICOM): grey values with the window that the file names, as an 8-bit picture."""

import io
from typing import Any

import numpy as np
from PIL import Image

from ftcore.errors import DataError

_MAGIC_AT = 128  # bytes of anything before the four letters that make a file DICOM
_FAR = 1e9  # grey values beyond every window
_DEFLATED = b"1.2.840.10008.1.2.1.99"  # the whole file is packed; nothing says how large it becomes


def is_dicom(data: bytes) -> bool:
    """Tell whether the bytes begin as a DICOM file does."""
    return data[_MAGIC_AT : _MAGIC_AT + 4] == b"DICM"


def read_dicom(data: bytes, max_pixels: int) -> tuple[Image.Image, list[str]]:
    """The first frame, and phrases that say what was decided.

    Grey values go through the modality transformation and then through the file's own window (VOI LUT, the first where
    there are several; DICOM PS3.3 C.11.1 and C.11.2). Without a window the picture's own range is stretched to 8 bits.
    MONOCHROME1, where low values are white, is inverted.

    Args:
        data: The whole file.
        max_pixels: Largest width × height.

    Raises:
        DataError: Damaged, no picture inside, too large, or packed in a way that is not read.
        MemoryError: It does not fit.
    """
    try:
        return _read(data, max_pixels)
    except (DataError, MemoryError):
        raise
    except Exception as error:  # pydicom has many kinds of its own for damaged files, without a common base
        raise DataError("The picture is damaged or cut off.", fix="Copy or save it again.") from error


def _read(data: bytes, max_pixels: int) -> tuple[Image.Image, list[str]]:
    import pydicom  # late: most sources hold none
    from pydicom.pixels import apply_modality_lut, apply_voi_lut, pixel_array

    if _DEFLATED in data:  # wherever: anything may stand before it
        raise DataError("The DICOM file is packed as a whole (deflated).", fix="Save it without that.")
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE  # no word about values slightly off
    header: Any = pydicom.dcmread(io.BytesIO(data))
    if "PixelData" not in header:
        raise DataError("The DICOM file holds no picture.", fix="Leave it out.")
    height, width = int(header.Rows), int(header.Columns)
    if width * height > max_pixels:
        raise DataError(
            f"The picture is {width}×{height} pixels, at most {max_pixels // 10**6} million pixels are read.",
            fix="Make it smaller.",
        )
    try:
        values = pixel_array(header, index=0)  # colours come as RGB
    except (NotImplementedError, RuntimeError) as error:
        raise DataError(
            "The DICOM file is packed in a way that is not read, or it is damaged.",
            fix="Save it uncompressed, or as PNG.",
        ) from error
    notes = ["only the first of several frames is used"] if int(header.get("NumberOfFrames") or 1) > 1 else []
    if values.ndim == 3:
        return Image.fromarray(_stretched(values) if values.dtype != np.uint8 else values, "RGB"), notes
    grey = apply_voi_lut(apply_modality_lut(values, header), header, index=0).astype(np.float32)
    low, high, note = _window(header, grey, values.dtype == np.uint8)
    scaled = ((grey - low) / max(high - low, 1e-6) * 255).round().clip(0, 255).astype(np.uint8)
    if header.get("PhotometricInterpretation") == "MONOCHROME1":
        scaled = 255 - scaled
        note += ", inverted because low values are white (MONOCHROME1)"
    return Image.fromarray(scaled), [*notes, note]


def _window(header: Any, grey: np.ndarray, is_small: bool) -> tuple[float, float, str]:
    """The values that become black and white, and how that was decided."""
    from pydicom.pixels import apply_voi_lut

    if header.get("VOILUTSequence"):
        table = header.VOILUTSequence[0].LUTData
        return float(np.min(table)), float(np.max(table)), "the table of grey values in the file (VOI LUT) was applied"
    if header.get("WindowCenter") is not None and header.get("WindowWidth") is not None:
        centre, width = (
            float(np.atleast_1d(value)[0])
            for value in (np.asarray(header.WindowCenter), np.asarray(header.WindowWidth))
        )
        low, high = (float(edge) for edge in apply_voi_lut(np.array([-_FAR, _FAR]), header, index=0))
        return low, high, f"the window in the file was applied: centre {centre:g}, width {width:g}"
    if is_small and not header.get("RescaleSlope"):
        return 0.0, 255.0, "no window in the file, 8 bits as they are"
    low, high = float(grey.min()), float(grey.max())
    return low, high, "no window in the file, each picture's own range was stretched to 8 bits"


def _stretched(values: np.ndarray) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    return ((values - low) * (255 / max(high - low, 1e-6))).round().astype(np.uint8)
