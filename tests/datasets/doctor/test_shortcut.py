import numpy as np
from PIL import Image

from tests.datasets.made_pictures import encoded, noise


def framed(seed, colour):
    picture = noise(seed, (32, 32))
    frame = Image.new("RGB", (40, 40), colour)
    frame.paste(picture, (4, 4))
    return encoded(frame)


def test_a_class_with_its_own_background_is_a_shortcut(doctor):
    random = np.random.default_rng(0)
    any_colour = [tuple(int(v) for v in random.integers(0, (256, 60, 256))) for _ in range(80)]
    files = {f"a/{i}.png": framed(i, (20, 200, 20)) for i in range(40)}
    files |= {f"{'bc'[i % 2]}/{i}.png": framed(1000 + i, any_colour[i]) for i in range(80)}
    _, found = doctor(files)
    assert "'a' (100%)" in found["shortcut"].sentence and "'b'" not in found["shortcut"].sentence
    plain = {f"{'ab'[i % 2]}/{i}.png": framed(i, any_colour[i]) for i in range(80)}
    assert "shortcut" not in doctor(plain)[1]
