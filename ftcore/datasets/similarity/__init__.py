"""How alike pictures are.

measure      one pass over the decoded pixels -> small pictures, hashes, colours
alignment    how alike two pictures are, also where one is a crop of the other
"""
