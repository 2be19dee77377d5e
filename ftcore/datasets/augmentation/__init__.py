"""Changed copies of pictures that show the same thing.

views          a picture, a seed                -> a view of it
image_domain   class names, how pictures look   -> what kind of pictures they are, and which augmentation suits it
"""
