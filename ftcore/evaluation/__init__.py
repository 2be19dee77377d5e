"""A model on a split.

predict      model and batches -> outputs
predictions  what a model said, in memory and on disk
report       predictions -> scores with intervals, confusion and per-class tables
advice       a run's history -> sentences on over- and underfitting
"""
