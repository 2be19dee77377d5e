"""fastai's high-level way on the same pictures, split and network."""

import time

import network as shared
from fastai.vision.all import (
    CrossEntropyLossFlat,
    ImageDataLoaders,
    Learner,
    Normalize,
    Resize,
    accuracy,
    aug_transforms,
    params,
)
from torch import nn

asked = shared.options(["head", "none"])
loaders = ImageDataLoaders.from_folder(
    asked.data,
    train="train",
    valid="val",
    item_tfms=Resize(asked.size, method="squish"),
    batch_tfms=[*(aug_transforms() if asked.augment else []), Normalize.from_stats([0.5] * 3, [0.5] * 3)],
    bs=32,
    num_workers=0,
    seed=asked.seed,
)
body = shared.network(asked.model, 0)
network = nn.Sequential(body, nn.Linear(body.num_features, loaders.c))
learner = Learner(
    loaders,
    network,
    loss_func=CrossEntropyLossFlat(),
    metrics=accuracy,
    splitter=lambda whole: [params(whole[0]), params(whole[1])],
)
if asked.freeze == "head":
    learner.freeze()
started = time.perf_counter()
with learner.no_bar(), learner.no_logging():
    learner.fit_one_cycle(asked.epochs, asked.lr)
shared.tell("fastai", asked, time.perf_counter() - started, float(learner.recorder.values[-1][-1]))
