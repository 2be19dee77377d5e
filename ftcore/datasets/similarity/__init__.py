"""How alike pictures are.

measure          one pass over the decoded pixels  -> small pictures, hashes, colours
alignment        two pictures                      -> how alike they are, also where one is a crop of the other
near_duplicates  pictures                          -> groups of copies: exact, re-saved, cropped, of a burst
"""
