"""A timm backbone with a new head.

catalogue  the short list, readable without torch
weights    where pretrained weights come from: a package, the hub, its local cache
build      name and number of outputs -> model and its preprocessing
depth      depth groups: which parameters lie how deep, under names that a person recognises
"""
