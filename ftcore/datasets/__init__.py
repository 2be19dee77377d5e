"""Pictures on disk become an immutable data set.

From the ground up; each line may import those above it, and nothing below:

    targets       one class, several, or numbers      -> columns of a table, arrays
    splits        classes                             -> train, validation, test
    progress      how far work is                     -> whoever wants to know
    records       datasets/<id>/                      -> Dataset: its table, its counts, its facts
    holdout_log   how often the test score was looked at
    images        bytes that anybody may have sent    -> decoded pixels, thumbnails
    versions      Dataset, edits                      -> another Dataset that shares the pictures
    sources       where pictures come from: uploads, archives, folders of the server, samples, public sets
    labels        what is to be learned of each: from folders, tables, COCO or YOLO files
    similarity    how alike pictures are, and which are copies of each other
    augmentation  a picture, a seed                   -> a view of it that shows the same thing
    importing     all of the above                    -> datasets/<id>/ in the workspace, whole or not at all
    explore       which pictures to show, averages, a map on which pictures that look alike lie together
    doctor        Dataset, pixels, features           -> findings, each with the edits that mend it

Nothing here but augmentation.views imports torch at the top, so pages may import it and still paint at once.
"""
