"""Pictures on disk become an immutable data set, in the order of the work:

    archive     a ZIP or a folder, under quotas     -> entries: names, and bytes on request
    roots       folders on the server               -> those that a page may import from
    samples     pictures that come with the app     -> entries as well
    torchvision_sets, hub_sets   public sets by name    -> entries as well
    layout      names                               -> class and given split of each entry
    tables      CSV, TSV, Excel, JSON lines         -> which column is what, which row is which picture
    boxes       label files of detectors            -> the classes of each picture
    labels      folders, tables or boxes            -> what is to be learned of each entry
    targets     one class, several, or numbers      -> columns of a table, arrays
    pictures    bytes that anybody may have sent    -> an RGB picture, or one sentence
    dicom       a medical picture                   -> the same, with the window that was applied
    reading     entries                             -> originals and pixels on disk, many at a time
    selection   what was read                       -> what stays, and why the rest is left out
    splits      classes                             -> train, validation, test
    dividing    pictures, names, groups             -> what must stay together; a data set divided again
    intake      all of the above                    -> datasets/<id>/ in the workspace, whole or not at all
    looks       datasets/<id>/looks.jsonl           -> how often the test score was looked at
    records     datasets/<id>/                      -> Dataset: its table, its counts, its facts
    pixels      datasets/<id>/pixels.bin            -> pictures and thumbnails, without decoding again
    thumbnails  datasets/<id>/thumbnails.bin    -> small pictures for grids, as the browser takes them
    enlarging   original files                      -> larger pixels, for networks that read more
    filtering   a table, what is looked for     -> which pictures to show, in which order
    appearance  pixels, a table                 -> the average picture of a class, the sizes of the files
    feature_map features                        -> a map on which pictures that look alike lie together
    limits      names of classes and numbers        -> which augmentation would make the answers wrong
    kinds       class names, how pictures look      -> what kind they are, and which augmentation suits it
    augment     a picture, a seed                   -> a view of it that shows the same thing
    doctor      Dataset, pixels, features           -> findings, each with the edits that mend it
    versions    Dataset, edits                      -> another Dataset that shares the pictures

Nothing here but augment imports torch at the top, so pages may import it and still paint at once.
"""
