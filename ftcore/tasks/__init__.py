"""What is learned of a picture: one class, several classes, or numbers. Needs no torch.

outputs   what the outputs of a model mean
scores    every score by its name: what people call it, its unit and direction
"""
