"""Scores: reset / update / compute, each with its unit and direction (tasks/scores.py).

collection      the metrics of each task, by name
classification  one class per picture: accuracy, confusion and what follows from it
multilabel      several classes per picture: exact match, F1, average precision
regression      numbers: errors in their units, R²
intervals       how far a score on few pictures can be trusted
"""
