"""Fine-tune image models, without any user interface.

In the order of the work:

    datasets      pictures on disk               -> Records, findings, splits, pixels
    models        a timm backbone and its head   -> nn.Module, its weights, its depth groups
    freezing      what may change and when       -> FreezePlan
    training      settings                       -> the loop, events, checkpoints
    metrics       predictions and targets        -> scores with unit, direction and interval
    evaluation    a model on a split             -> predictions, tables, sentences
    export        a run                          -> Bundle (weights, classes, preprocessing)
    runs          where jobs live on disk        -> kinds, store, event log, state, queue, process
    jobs          what a worker process does     -> python -m ftcore.jobs RUN_DIR
    cli           the same engine by hand        -> python -m ftcore

The ground below them, with no workflow in it: errors, names, workspace, choices, events, journal, hardware, vision,
inputs, preprocessing; metrics, tasks, settings, teaching. Imports never point upwards (tests/test_architecture.py).
"""

__version__ = "0.1.0"
