"""Scores: reset / update / compute, each with its unit and direction.

classification  accuracy and loss over batches of any size
intervals       how far a score on few pictures can be trusted
"""
