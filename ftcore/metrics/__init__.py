"""Scores: reset / update / compute, each with its unit and direction (ftcore/scores.py).

family          the metrics of each task, by name
classification  one class per picture: accuracy, confusion and what follows from it
labels          several classes per picture: exact match, F1, average precision
regression      numbers: errors in their units, R²
intervals       how far a score on few pictures can be trusted
"""
