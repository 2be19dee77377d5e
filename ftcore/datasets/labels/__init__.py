"""What is to be learned of each entry.

folders       names of folders            -> class and given split of each entry
tables        CSV, TSV, Excel, JSON lines -> a table with a text in every cell
matching      a column of file names      -> which row is which picture
column_roles  a table                     -> which column is the file name, the target, the split or the group
coco_yolo     label files of detectors    -> the classes of each picture
resolve       folders, tables or boxes    -> what is to be learned of each entry
"""
