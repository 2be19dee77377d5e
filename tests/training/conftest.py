"""A run of seconds: a tiny untrained network on the tiny data set."""

import pytest

QUICK = (
    "model.name=test_efficientnet", "model.pretrained=no", "model.image_size=32", "freeze.preset=none",
    "train.epochs=3", "train.batch_size=14", "train.lr=0.01", "train.threads=1", "engine.cache=off",
)  # fmt: skip


@pytest.fixture
def make_settings(tiny_dataset):
    """Settings of such a run, with ``section.field=value`` texts on top."""
    from ftcore.settings import RunSettings, with_values

    return lambda *values: with_values(RunSettings(dataset=tiny_dataset.id), [*QUICK, *values])


@pytest.fixture
def make_context(tiny_dataset, make_settings):
    """The same, assembled."""
    from ftcore.training.assemble import assemble

    return lambda *values: assemble(make_settings(*values), tiny_dataset)
