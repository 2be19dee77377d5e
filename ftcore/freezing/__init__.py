"""What may change and when.

phases         how many depth groups learn in which epochs; plain data
plan           phases applied to a model's gradients and modes
advice         what a choice risks: forgetting, learning by heart, learning too little
cut            the traced graph in two: a frozen prefix, a trainable suffix, sharing the model's layers
prefixes       the frozen prefix on the engine that is fastest for the job
disk_cache     folders that can be made again, within bounds
feature_cache  what crosses the cut, computed once and kept on disk
"""
