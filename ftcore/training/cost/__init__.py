"""What a run would cost.

measure  three real batches of everything that it will do
price    seconds, memory and disk, added up from what was measured; read without torch
"""
