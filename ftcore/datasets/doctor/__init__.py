"""What is wrong with a data set, in sentences, with the pictures as evidence and the edits that mend it.

    examine        all checks, in order                    -> Report
    duplicates     copies: exact, near, across splits, with different answers
    quality        dark, bright, blurred, empty, odd       (cleanvision)
    label_issues   wrong classes, outliers                 (cleanlab, on features)
    target_issues  numbers out of range, or not what the picture shows
    shortcut       does the background give the class away
    balance        what the table alone tells
    remedies       copies: which one stays, which split they come into
    carry_over     findings, edits                         -> the findings of the edited version
    findings       issues, severities, the file

Nothing here imports a model: features come from outside. Pages read ``findings`` and ``carry_over`` alone, which are
light.
"""
