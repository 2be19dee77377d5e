"""Bytes that anybody may have sent become pixels.

decode         a file                -> an RGB picture, or one sentence
dicom          a medical picture     -> the same, with the window that was applied
pixel_store    pixels.bin            -> pictures, without decoding again
larger_pixels  original files        -> larger pixels, for networks that read more
thumbnails     thumbnails.bin        -> small pictures for grids, as the browser takes them
"""
