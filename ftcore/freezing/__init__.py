"""What may change and when.

plan           phases: how many depth groups learn in which epochs; applied to a model's gradients and modes
cut            the traced graph in two: a frozen prefix, a trainable suffix, sharing the model's layers
feature_cache  what crosses the cut, computed once and kept on disk
"""
