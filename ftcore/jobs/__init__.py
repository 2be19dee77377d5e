"""What a worker process does: ``python -m ftcore.jobs FOLDER``.

supervise  the parent: starts the worker, waits, and writes how it ended when it could not say so itself
drive      the worker's side: write events, obey a stop, keep the result; the same for every kind of job

Each other module is the worker of one kind of job: ``run(job)``, from settings.json to its result. Which belongs to
which kind stands in the table of kinds (runs/kinds.py).
"""

LOADING = 3  # parts of getting ready for a training; the first two are spent on importing PyTorch
