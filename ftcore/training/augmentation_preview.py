"""What augmentation makes of a picture: the very copies that a run with these settings would learn from."""

from PIL import Image

from ftcore.datasets.augmentation import views
from ftcore.datasets.images.pixel_store import PixelStore, small_png
from ftcore.datasets.records import Dataset
from ftcore.models.build import preprocessing_named
from ftcore.settings import RunSettings

SHOWN = 12


def variants(dataset: Dataset, settings: RunSettings, row: int, n: int = SHOWN, *, side: int = 160) -> list[bytes]:
    """A picture as the network gets it, and its first ``n`` views, drawn as training/batches.py draws them.

    Args:
        dataset: Whose picture.
        settings: Of the run: augmentation, seed, model, image size.
        row: Of the picture in the table.
        n: How many views.
        side: Long side of what is returned, at most, in pixels.

    Returns:
        ``1 + n`` PNGs. A run without fresh views uses the first ``settings.augment.views`` of them.

    Raises:
        DataError: The pixels are gone.
        ModelError: timm does not know the model.
    """
    model = settings.model
    preprocessing = preprocessing_named(model.name, image_size=model.image_size, fit=model.fit)
    picture = PixelStore(dataset, model.image_size).picture(row)
    seen = [preprocessing.pixels(picture)]
    for view in range(1, n + 1):
        random = views.random_of(settings.seed, row, view)
        seen.append(views.view(picture, settings.augment, preprocessing, random))
    return [small_png(Image.fromarray(pixels), side) for pixels in seen]
