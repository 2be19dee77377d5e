"""What may change and when.

phases         the epochs of a run divided among the phases of a freezing preset
plan           phases: how many depth groups learn in which epochs; applied to a model's gradients and modes
cut            the traced graph in two: a frozen prefix, a trainable suffix, sharing the model's layers
prefixes       the frozen prefix on the engine that is fastest for the job
disk_cache     folders that can be made again, within bounds
feature_cache  what crosses the cut, computed once and kept on disk
"""
