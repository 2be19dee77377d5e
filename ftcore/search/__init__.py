"""Many runs, or stand-ins for them -> better settings.

race           which backbone suits these pictures: a cross-validated head on the features of each
"""
