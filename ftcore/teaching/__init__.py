"""What the words of the trade mean.

glossary   every word in a few plain sentences, with the settings that it explains
"""
