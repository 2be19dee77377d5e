"""The command line: progress on stderr, and as the last line of stdout one JSON object.

    python -m ftcore import SOURCE            a ZIP, a folder, sample:digits, hf:owner/name, torchvision:CIFAR10
    python -m ftcore doctor DATASET           what is wrong with the pictures
    python -m ftcore dataset DATASET …        exclude, relabel or move pictures -> a new version of the dataset
    python -m ftcore datasets                 what there is
    python -m ftcore train --dataset D        a dataset -> a trained model
    python -m ftcore estimate --dataset D     what a training would cost: time, memory, disk
    python -m ftcore lr-find --dataset D      a learning rate to start with
    python -m ftcore race --dataset D …       which backbone suits the pictures
    python -m ftcore resume RUN               go on with an interrupted run
    python -m ftcore runs | show RUN          what there is
    python -m ftcore jobs | job KIND ID       every job of every kind: imports, estimates, races too
    python -m ftcore predict RUN IMAGE…       class probabilities, or numbers
    python -m ftcore cache [--clear]          what is kept of frozen layers
    python -m ftcore models --search "vit"    pretrained models to choose from
    python -m ftcore settings                 every setting with default, range and help

Every error that a user can cause is one sentence on stderr and a non-zero exit.
"""

from ftcore.cli.main import main

__all__ = ["main"]
