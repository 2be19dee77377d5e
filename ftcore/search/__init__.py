"""Many runs, or stand-ins for them -> better settings.

candidates     who runs in a race, and its job; without torch
race           which backbone suits these pictures: a cross-validated head on the features of each
"""
