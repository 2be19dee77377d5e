from ftcore.datasets.labels.matching import match
from tests.datasets.labels.made_tables import PICTURES, column, table


def test_files_are_found_by_path_by_name_and_without_their_ending():
    pictures = ["in/a/1.jpg", "in/b/1.jpg", "in/b/2.PNG"]
    rows = table("file,label\na/1.jpg,x\nin\\b\\1.jpg,y\n2,z\n1.jpg,w\n9.jpg,v\n,u")
    found = match(rows, "file", pictures)
    assert found.row_of == {"in/a/1.jpg": [0], "in/b/1.jpg": [1], "in/b/2.PNG": [2]}
    assert [item["reason"] for item in found.unmatched] == [
        "2 pictures are called so",
        "listed in the table, but there is no such picture",
        "names no file in column 'file'",
    ]


def test_pictures_that_no_row_names_are_listed():
    assert match(column("a"), "file", PICTURES).unlisted == tuple(PICTURES[1:])
