"""Scores: formulas on arrays, and rows that name them. Knows no task and needs no torch to be imported.

outcome         what was predicted beside the truth: what formulas are computed from
score           one row: formula, unit, direction, interval, words
collection      many rows over the same batches
classification  formulas for one class per picture: confusion and what follows from it
multilabel      formulas for several classes per picture: exact match, F1, average precision
regression      formulas for numbers: errors in their units, R²
intervals       how far a score on few pictures can be trusted
"""
