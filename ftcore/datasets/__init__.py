"""Pictures on disk become an immutable data set.

    sources       where pictures come from: uploads, archives, folders of the server, samples, public sets
    labels        what is to be learned of each: from folders, tables, COCO or YOLO files
    targets       one class, several, or numbers      -> columns of a table, arrays
    images        bytes that anybody may have sent    -> decoded pixels, thumbnails
    splits        classes                             -> train, validation, test
    importing     all of the above                    -> datasets/<id>/ in the workspace, whole or not at all
    records       datasets/<id>/                      -> Dataset: its table, its counts, its facts
    versions      Dataset, edits                      -> another Dataset that shares the pictures
    holdout_log   how often the test score was looked at
    augmentation  a picture, a seed                   -> a view of it that shows the same thing
    explore       which pictures to show, averages, a map on which pictures that look alike lie together
    similarity    how alike pictures are
    doctor        Dataset, pixels, features           -> findings, each with the edits that mend it

Nothing here but augmentation.views imports torch at the top, so pages may import it and still paint at once.
"""
