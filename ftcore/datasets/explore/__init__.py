"""Looking around in a data set.

query        a table, what is looked for   -> which pictures to show, in which order
average      pixels, a table               -> the average picture of a class, the sizes of the files
feature_map  features                      -> a map on which pictures that look alike lie together
"""
