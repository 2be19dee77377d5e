"""What a worker process does: ``python -m ftcore.jobs FOLDER``.

supervise  the parent: starts the worker, waits, and writes how it ended when it could not say so itself
train      a training, from settings.json to bundle
importing  an import, from an upload to a dataset
examining  the data doctor: what is wrong with a dataset
mapping    a map of a dataset: which pictures look alike
finding_rate  a trial of learning rates: which one to start with
"""

LOADING = 3  # parts of getting ready for a training; the first two are spent on importing PyTorch
