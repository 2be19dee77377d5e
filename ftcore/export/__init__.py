"""A run -> something to take away.

bundle   weights, classes, preprocessing and scores in one folder and one ZIP; and the model that answers from it
"""
