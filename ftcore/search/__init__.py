"""Many runs, or stand-ins for them -> better settings.

candidates     who runs in a race, and its job; without torch
events         what can happen in a race
race_state     what is true now about one: a fold over its log
race           which backbone suits these pictures: a cross-validated head on the features of each
"""
