"""What may change and when.

phases         how many depth groups learn in which epochs; plain data
plan           phases applied to a model's gradients and modes
risks          what a choice risks: forgetting, learning by heart, learning too little
model_profile  a network's depth groups and their sizes, without a model
cut            the traced graph in two: a frozen prefix, a trainable suffix, sharing the model's layers
runtimes       the frozen prefix on the runtime that is fastest for the job
disk_cache     folders that can be made again, within bounds
feature_cache  what crosses the cut, computed once and kept on disk
"""
