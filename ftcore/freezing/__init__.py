"""What may change and when.

plan   phases: how many depth groups learn in which epochs; applied to a model's gradients and modes
"""
