"""A model on a split.

predictor    pictures -> predictions: what everything that predicts has in common
predict      a model that is being trained and batches -> outputs
predictions  what a model predicted, in memory and on disk
report       predictions -> scores with intervals, tables to look at, the mistakes
learning_curves   a run's history -> sentences on over- and underfitting
"""
