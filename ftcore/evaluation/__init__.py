"""A model on a split.

predict      model and batches -> outputs
predictions  what a model predicted, in memory and on disk
report       predictions -> scores with intervals, tables to look at, the mistakes
learning_curves   a run's history -> sentences on over- and underfitting
"""
