import io
import random
import warnings

import numpy as np
import pytest
from PIL import Image

from ftcore.datasets.images.decode import EXTENSIONS, FORMATS, read_picture
from ftcore.errors import DataError
from tests.datasets.made_pictures import encoded, huge_png, noise


def corner(picture):
    return picture.image.getpixel((0, 0))


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_format_is_read_with_its_size(file_format):
    picture = read_picture(encoded(noise(1, (30, 20)), file_format))
    assert (picture.image.mode, picture.image.size, picture.width, picture.height) == ("RGB", (30, 20), 30, 20)
    assert picture.suffix in EXTENSIONS


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF"])
def test_lossless_formats_come_back_to_the_last_bit(file_format):
    original = noise(2)
    assert np.array_equal(read_picture(encoded(original, file_format)).image, original)


def test_an_empty_file_is_one_sentence():
    with pytest.raises(DataError, match=r"The file is empty \(0 bytes\)"):
        read_picture(b"")


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_a_file_that_is_cut_off_is_one_sentence(file_format):
    data = encoded(noise(3, (200, 200)), file_format)
    with pytest.raises(DataError, match="damaged or cut off"):
        read_picture(data[: len(data) // 2])


def test_a_20000_pixel_square_in_48_kilobytes_is_refused_by_its_header():
    data = huge_png(20_000)
    assert len(data) < 60_000
    with pytest.raises(DataError, match=r"is 20000×20000 pixels, at most 100 million pixels are read"):
        read_picture(data)


def test_a_drawing_is_refused_with_advice():
    with pytest.raises(DataError, match=r"a drawing \(SVG\).*Save it as PNG"):
        read_picture(b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')


def test_a_phone_format_is_refused_with_advice():
    with pytest.raises(DataError, match=r"AVIF.*Save it as JPEG"):
        read_picture(b"\0\0\0\x18ftypavif" + bytes(100))


def test_postscript_is_not_handed_to_any_interpreter():
    with pytest.raises(DataError, match="not a picture that can be read"):
        read_picture(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")


def test_print_colours_become_rgb():
    picture = read_picture(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = corner(picture)
    assert red > 200 and green < 60 and blue < 60
    assert "CMYK" in picture.notes[0]


def test_sixteen_bits_are_scaled_to_eight():
    values = np.full((6, 6), 32896, np.uint16)
    for file_format in ("PNG", "TIFF"):
        picture = read_picture(encoded(Image.fromarray(values), file_format))
        assert corner(picture) == (128, 128, 128)
        assert "8 bits" in picture.notes[0]


def test_fractions_are_scaled_to_eight_bits():
    picture = read_picture(encoded(Image.fromarray(np.full((6, 6), 0.5, np.float32)), "TIFF"))
    assert corner(picture) == (128, 128, 128)


def test_palette_and_black_and_white_become_rgb():
    red = Image.new("RGB", (8, 8), (250, 0, 0)).quantize(4)
    assert corner(read_picture(encoded(red))) == (250, 0, 0)
    assert corner(read_picture(encoded(Image.new("1", (8, 8), 1)))) == (255, 255, 255)


@pytest.mark.parametrize(("mode", "colour"), [("RGBA", (255, 0, 0, 0)), ("LA", (10, 0))])
def test_what_is_transparent_turns_white(mode, colour):
    picture = read_picture(encoded(Image.new(mode, (8, 8), colour)))
    assert corner(picture) == (255, 255, 255)
    assert picture.notes == ("transparent parts are shown on white",)


def test_a_transparent_palette_entry_turns_white():
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([9, 9, 9, 200, 0, 0])
    assert corner(read_picture(encoded(picture, transparency=0))) == (255, 255, 255)


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_an_animation_the_first_frame_is_used(file_format):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((200, 0, 0), (0, 200, 0))]
    options = {"lossless": True} if file_format == "WEBP" else {}
    picture = read_picture(encoded(frames[0], file_format, save_all=True, append_images=frames[1:], **options))
    assert corner(picture) == (200, 0, 0)
    assert picture.notes == ("only the first of several frames is used",)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_may_have_been_held_in_any_way(file_format, orientation):
    upright = Image.new("RGB", (40, 24), (0, 0, 0))
    upright.paste((255, 255, 255), (0, 0, 12, 12))  # a white corner, top left
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose that the tag takes back
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_picture(encoded(stored, file_format, exif=exif))
    assert (picture.width, picture.height) == picture.image.size == (40, 24)
    assert min(picture.image.getpixel((4, 4))) > 200 and max(picture.image.getpixel((35, 20))) < 60


def test_a_phone_photo_with_a_preview_inside_is_an_ordinary_photo():
    data = encoded(noise(1, (40, 30)), "MPO", save_all=True, append_images=[noise(2, (20, 15))])
    picture = read_picture(data)
    assert (picture.width, picture.height, picture.suffix, picture.notes) == (40, 30, ".jpg", ())


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_cost_the_picture():
    data = encoded(noise(4), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\xff\xff")
    assert read_picture(data).width == 24


def test_a_large_photo_is_decoded_small_but_its_size_is_told():
    data = encoded(noise(5, (3000, 2000)), "JPEG")
    picture = read_picture(data)
    assert (picture.width, picture.height) == (3000, 2000)
    assert picture.image.size == (432, 288)
    assert read_picture(data, side=None).image.size == (3000, 2000)


def test_decoding_small_looks_like_decoding_in_full_and_shrinking():
    smooth = noise(6, (12, 8)).resize((3000, 2000), Image.Resampling.BICUBIC)
    data = encoded(smooth, "JPEG", quality=95)
    small = np.asarray(read_picture(data).image, float)
    full = np.asarray(read_picture(data, side=None).image.resize((432, 288), Image.Resampling.BICUBIC), float)
    assert np.abs(small - full).mean() < 1.5


@pytest.mark.parametrize("file_format", FORMATS)
def test_whatever_is_done_to_a_file_it_is_read_or_refused_in_one_sentence(file_format):
    data = encoded(noise(7, (40, 30)), file_format)
    chance = random.Random(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(300):
            broken = bytearray(data)
            for _ in range(chance.randint(1, 8)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            try:
                picture = read_picture(bytes(broken[: chance.randint(1, len(broken))]))
            except DataError as error:
                assert error.what.endswith((".", "read."))
            else:
                assert picture.image.mode == "RGB"


def test_the_bytes_may_be_anything():
    for seed in range(200):
        with pytest.raises(DataError):
            read_picture(random.Random(seed).randbytes(100))
    assert read_picture(io.BytesIO(encoded(noise(8))).getvalue())


def test_a_phones_photo_is_read():
    import pillow_heif

    buffer = io.BytesIO()
    flat = Image.new("RGB", (64, 48), (200, 30, 40))
    pillow_heif.from_pillow(flat).save(buffer, quality=95)
    picture = read_picture(buffer.getvalue())
    assert (picture.width, picture.height, picture.suffix) == (64, 48, ".heic")
    assert all(abs(a - b) < 12 for a, b in zip(corner(picture), (200, 30, 40), strict=True))
    with pytest.raises(DataError, match="damaged or cut off"):
        read_picture(buffer.getvalue()[:-200])


def dicom(values, **fields):
    """A DICOM file with these grey values."""
    import pydicom
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    file = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    signed = int(values.dtype.kind == "i")
    bits = values.dtype.itemsize * 8
    colour = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "RGB"}
    defaults = {
        **{"Rows": values.shape[0], "Columns": values.shape[1], "BitsAllocated": bits, "BitsStored": bits},
        **{"HighBit": bits - 1, "PixelRepresentation": signed, "SamplesPerPixel": 1},
        "PhotometricInterpretation": "MONOCHROME2",
    }
    for name, value in {**defaults, **(colour if values.ndim == 3 else {}), **fields}.items():
        setattr(file, name, value)
    file.PixelData = values.tobytes()
    buffer = io.BytesIO()
    file.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.mark.parametrize("kept", ["first", "late"])
def test_a_dicom_file_that_is_packed_as_a_whole_is_refused_wherever_it_says_so(kept):
    import pydicom

    data = dicom(np.zeros((8, 8), np.uint8), PatientComments="x" * (0 if kept == "first" else 9000))
    told = data + b"1.2.840.10008.1.2.1.99" if kept == "late" else data.replace(b"1.2.840.10008.1.2.1\0", DEFLATED)
    assert told != data and pydicom.uid.DeflatedExplicitVRLittleEndian.encode() in told
    with pytest.raises(DataError, match="packed as a whole"):
        read_picture(told)


DEFLATED = b"1.2.840.10008.1.2.1.99"


@pytest.mark.parametrize(("mode", "value"), [("I", 70_000), ("I", -5), ("F", 1e6), ("F", -0.5)])
def test_a_picture_of_one_odd_value_is_black_and_not_damaged(mode, value):
    assert (greys(read_picture(encoded(Image.new(mode, (9, 8), value), "TIFF"))) == 0).all()


def greys(picture):
    return np.asarray(picture.image)[..., 0]


def test_the_window_of_a_medical_picture_is_applied_and_said():
    values = np.array([[0, 974], [1024, 1074]], np.int16)  # -1024, -50, 0 and 50 Hounsfield units
    data = dicom(values, RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=0, WindowWidth=101)
    picture = read_picture(data, side=None)
    assert picture.suffix == ".dcm"
    assert picture.notes == ("the window in the file was applied: centre 0, width 101",)
    # PS3.3 C.11.2.1.2.1: ((x - (c - 0.5)) / (w - 1) + 0.5) * 255
    wanted = [[0, 255 * (-49.5 / 100 + 0.5)], [255 * (0.5 / 100 + 0.5), 255]]
    assert np.abs(greys(picture) - np.array(wanted)).max() <= 1


def test_low_values_that_mean_white_are_inverted():
    values = np.array([[0, 255]], np.uint8)
    picture = read_picture(dicom(values, PhotometricInterpretation="MONOCHROME1"), side=None)
    assert greys(picture).tolist() == [[255, 0]] and "inverted" in picture.notes[0]


def test_a_medical_picture_without_a_window_is_stretched_and_says_so():
    picture = read_picture(dicom(np.array([[100, 300], [200, 100]], np.uint16)), side=None)
    assert greys(picture).tolist() == [[0, 255], [128, 0]] and "stretched" in picture.notes[0]


def test_a_medical_picture_in_colour_keeps_its_colours():
    picture = read_picture(dicom(np.full((4, 5, 3), (10, 200, 30), np.uint8)), side=None)
    assert (picture.width, picture.height) == (5, 4) and corner(picture) == (10, 200, 30)


def test_a_damaged_medical_picture_is_a_sentence():
    whole = dicom(np.zeros((40, 40), np.uint16))
    for data in (whole[:140], whole[: len(whole) - 500], whole[:132] + bytes(200)):
        with pytest.raises(DataError):
            read_picture(data)
