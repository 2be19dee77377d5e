"""A model on a split.

predict   model and batches -> Predictions
report    predictions -> scores with intervals, confusion and per-class tables
advice    a run's history -> sentences on over- and underfitting
"""
