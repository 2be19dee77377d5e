"""What a pretrained model sees in every picture.

compute  the features, from the cache of frozen parts
lookup   the same, found again without torch
"""
