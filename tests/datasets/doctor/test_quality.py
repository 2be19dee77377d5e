from PIL import Image, ImageFilter

from tests.datasets.doctor.examined import paths
from tests.datasets.made_pictures import encoded, noise, png


def test_dark_bright_blurred_empty_and_odd_pictures_are_told_apart(doctor):
    files = {f"{k}/{i}.png": png(1000 * k + i, (48, 48)) for k in (1, 2) for i in range(30)}
    files["1/dark.png"] = encoded(noise(7).point(lambda value: value // 20))
    files["1/bright.png"] = encoded(noise(8).point(lambda value: 250 + value // 51))
    files["1/blurred.png"] = encoded(noise(9, (48, 48)).filter(ImageFilter.GaussianBlur(8)))
    files["2/empty.png"] = encoded(Image.new("RGB", (48, 48), (120, 130, 140)))
    files["2/long.png"] = png(10, (400, 40))
    dataset, found = doctor(files)
    assert paths(dataset, found["dark"].rows) == {"1/dark.png"}
    assert paths(dataset, found["bright"].rows) == {"1/bright.png"}
    assert paths(dataset, found["blurry"].rows) == {"1/blurred.png"}
    assert "2/empty.png" in paths(dataset, found["low_information"].rows)
    assert "2/long.png" in paths(dataset, found["odd_size"].rows)


def test_what_most_pictures_are_is_no_trouble(doctor):
    files = {f"{k}/{i}.png": encoded(noise(1000 * k + i).point(lambda v: v // 20)) for k in (1, 2) for i in range(25)}
    _, found = doctor(files)
    assert "dark" not in found
