"""Changed copies of pictures that show the same thing.

views          a picture, a seed                -> a view of it
image_domain   class names, how pictures look   -> their domain, and the augmentation that suits it
"""
