"""A timm backbone with a new head.

catalogue  every pretrained model of timm and the short list, readable without torch; made by make_catalogue
suitability  one sentence on whether a model suits the pictures and the machine
weights    where pretrained weights come from: a package, the hub, its local cache
own_weights   weights that people bring, kept in the workspace; weight_files reads, checks and loads them
build      name and number of outputs -> model and its preprocessing
heads      pooling, hidden layers and classifier: how features become an answer
adapters   low-rank adapters: frozen layers that learn a small correction, merged at the end
depth_groups  depth groups: which parameters lie how deep, under names that a person recognises
groups     what a depth group is, as plain data
"""
