"""What a worker process does: ``python -m ftcore.jobs FOLDER``.

supervise  the parent: starts the worker, waits, and writes how it ended when it could not say so itself
train      a training, from settings.json to bundle
import_dataset  an import, from an upload to a dataset
examine  the data doctor: what is wrong with a dataset
estimate   what a run would cost, measured
race       which backbone suits a dataset
feature_map  a map of a dataset: which pictures look alike
lr_finder  a trial of learning rates: which one to start with
"""

LOADING = 3  # parts of getting ready for a training; the first two are spent on importing PyTorch
