"""A source becomes datasets/<id>/ in the workspace, whole or not at all.

read       entries                    -> originals and pixels on disk, many at a time
exclude    what was read              -> what stays, and why the rest is left out
resplit    pictures, names, groups    -> what must stay together; a data set divided again
importer   all of it, in order
events, import_state   what can happen in an import, and what is true now about one
"""
