import numpy as np
from PIL import Image

from ftcore.datasets.similarity.alignment import likeness
from tests.datasets.made_pictures import scene


def test_likeness_is_one_for_a_picture_and_its_crop_and_low_for_others():
    whole = [scene(i, 128) for i in range(8)]
    crops = [picture.crop((9, 4, 121, 116)) for picture in whole]
    grey = np.stack([np.asarray(p.convert("L").resize((32, 32), Image.Resampling.BICUBIC)) for p in whole + crops])
    own = likeness(grey, np.array([[i, i + 8] for i in range(8)]))
    other = likeness(grey, np.array([[i, (i + 1) % 8 + 8] for i in range(8)]))
    assert own.min() > 0.99 and other.max() < 0.95
    assert likeness(grey, np.array([[0, 8]])) == likeness(grey, np.array([[8, 0]]))
