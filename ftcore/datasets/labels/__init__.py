"""What is to be learned of each entry.

folders    names of folders            -> class and given split of each entry
tables     CSV, TSV, Excel, JSON lines -> which column is what, which row is which picture
coco_yolo  label files of detectors    -> the classes of each picture
resolve    folders, tables or boxes    -> what is to be learned of each entry
"""
