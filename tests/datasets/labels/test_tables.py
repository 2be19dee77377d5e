import io
import re
import tracemalloc
import zipfile

import openpyxl
import pytest

from ftcore.datasets.labels import tables
from ftcore.datasets.labels.tables import NO_COLUMN, Mapping, guess, match, n_torn, outline, read_table
from ftcore.errors import DataError

PICTURES = [f"images/{i}.jpg" for i in range(60)]


def table(text, name="labels.csv"):
    return read_table(name, text.encode())


def column(*values, header="label"):
    """A table with one target column."""
    return table(f"file,{header}\n" + "".join(f'{i}.jpg,"{value}"\n' for i, value in enumerate(values)))


@pytest.mark.parametrize(
    "text",
    ["file,label\n1.jpg,cat\n", "file;label\n1.jpg;cat\n", "file\tlabel\n1.jpg\tcat\n", '"file","label"\n1.jpg,cat'],
)
def test_any_usual_delimiter_is_found(text):
    assert table(text).to_dict("records") == [{"file": "1.jpg", "label": "cat"}]


def test_words_that_mean_nothing_to_others_stay_words():
    assert column("NA", "None", "nan", "001")["label"].tolist() == ["NA", "None", "nan", "001"]


def test_an_old_spreadsheet_encoding_and_a_byte_order_mark_are_read():
    assert read_table("a.csv", "file,label\n1.jpg,Äpfel".encode("cp1252"))["label"][0] == "Äpfel"
    assert list(read_table("a.csv", "\ufefffile,label\n1.jpg,x".encode()).columns) == ["file", "label"]


def test_excel_is_read_with_whole_numbers_whole():
    book = openpyxl.Workbook()
    for row in (["file", "age"], ["1.jpg", 3.0], ["2.jpg", 2.5], [None, None]):
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    assert read_table("a.xlsx", buffer.getvalue()).to_dict("list") == {"file": ["1.jpg", "2.jpg"], "age": ["3", "2.5"]}


def test_json_lines_keep_their_lists():
    found = table('{"file_name": "1.jpg", "tags": ["a", "b"]}\n{"file_name": "2.jpg", "tags": []}\n', "m.jsonl")
    assert guess(found, ["1.jpg", "2.jpg"]).task == "multilabel"


@pytest.mark.parametrize("data", [b"", b"file,label\n", b"PK\x03\x04 cut", b"\x00" * 50])
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.jsonl", "a.tsv"])
def test_a_broken_or_empty_table_is_a_sentence(name, data):
    with pytest.raises(DataError, match=r"cannot be read|no rows"):
        read_table(name, data)


def excel(rows):
    """An Excel file whose sheet claims to be as large as a sheet can be."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    claims = io.BytesIO()
    with zipfile.ZipFile(buffer) as packed, zipfile.ZipFile(claims, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in packed.namelist():
            data = packed.read(name)
            if name.endswith("sheet1.xml"):
                data = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', data)
            changed.writestr(name, data)
    return claims.getvalue()


TOO_MUCH = {
    "columns.csv": (lambda: b"file" + b"," * 5_000 + b"\n1.jpg,cat\n", "more than 1,000 columns"),
    "wide.csv": (lambda: b"file,label\n" + b"," * 3_000_000, "a line of more than 1,000,000 characters"),
    "quotes.csv": (lambda: b'file,label\n"a\n' + b'","\n' * 200_000, "more than 1,000 lines"),
    "padded.csv": (lambda: b",".join(b"c%d" % i for i in range(900)) + b"\na" * 50_000, "more than 2,000,000 cells"),
    "rows.csv": (lambda: b"a" + b"\na" * 200_000, "more than 20,000 rows"),
    "keys.jsonl": (lambda: b"\n".join(b'{"k%d": 1}' % i for i in range(20_000)), "more than 1,000 columns"),
    "list.jsonl": (lambda: b"[" + b"{}," * 600_000 + b"{}]", "a JSON list of more than"),
    "columns.xlsx": (lambda: excel([[f"c{i}" for i in range(3_000)], ["a"]]), "more than 1,000 columns"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_small_table_that_would_fill_the_memory_is_not_read_to_its_end(name, monkeypatch):
    for limit, value in {"MOST_ROWS": 20_000, "MOST_CELLS": 2_000_000, "_LARGEST_LIST": 1_000_000}.items():
        monkeypatch.setattr(tables, limit, value)
    make, sentence = TOO_MUCH[name]
    data = make()
    tracemalloc.start()
    with pytest.raises(DataError, match=sentence):
        read_table(name, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 45e6


def test_a_sheet_that_claims_to_be_huge_is_as_large_as_its_rows():
    data = excel([["file", "label"], *([f"{i}.jpg", "cat"] for i in range(200)), ["x.jpg", "", "beside"]])
    tracemalloc.start()
    found = read_table("a.xlsx", data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (201, 2) and list(found.iloc[-1]) == ["x.jpg", ""] and peak < 20e6


def test_columns_of_one_name_are_told_apart():
    assert list(table("a,a (2),a,,\n1,2,3,4,5").columns) == ["a", "a (2)", "a (3)", "column 4", "column 5"]
    assert list(table("a,a (3),a\n1,2,3").columns) == ["a", "a (3)", "a (3) (3)"]


@pytest.mark.parametrize(
    ("values", "task", "separator"),
    [
        (["cat", "dog"] * 10, "multiclass", ""),
        (["0", "1", "2"] * 10, "multiclass", ""),
        (["Doe, John", "Roe, Jane"] * 5, "multiclass", ""),
        (["cat|dog", "cat", ""] * 5, "multilabel", "|"),
        (["cat,dog", "cat", "dog"] * 5, "multilabel", ","),
        (["cat; dog", "dog; fox", "cat; fox", "cat; dog; fox"] * 5, "multilabel", ";"),
        ([f"{i / 7:.2f}" for i in range(30)], "regression", ""),
        ([str(i) for i in range(50)], "regression", ""),
        (["3,5", "4,25", "1,0"] * 5, "regression", ""),
    ],
)
def test_the_task_is_seen_in_the_values(values, task, separator):
    found = guess(column(*values), PICTURES)
    assert (found.image, found.targets, found.task, found.separator) == ("file", ("label",), task, separator)


def test_a_unit_in_the_name_of_a_column_makes_it_a_number():
    assert guess(column("1", "2", "1", header="weight (kg)"), PICTURES).task == "regression"


def test_one_column_for_each_class_is_several_classes():
    found = guess(table("file,cat,dog\n1.jpg,1,0\n2.jpg,1,1\n3.jpg,0,0"), PICTURES)
    assert (found.task, found.targets) == ("multilabel", ("cat", "dog"))


def test_several_columns_of_numbers_are_several_numbers():
    found = guess(table("file,x,y\n1.jpg,1.5,0\n2.jpg,1,7\n3.jpg,0,0.2"), PICTURES)
    assert (found.task, found.targets) == ("regression", ("x", "y"))


def test_split_and_group_columns_are_known_by_their_names():
    found = guess(table("id,patient_id,subset,label\n1,p1,train,a\n2,p2,test,b"), PICTURES)
    assert (found.image, found.group, found.split, found.targets) == ("id", "patient_id", "subset", ("label",))


def test_no_column_means_that_none_is_found_out():
    text = table("id,patient_id,subset,label\n1,p1,train,a\n2,p2,test,b")
    found = guess(text, PICTURES, asked=Mapping("", ("label",), "auto", NO_COLUMN, NO_COLUMN))
    assert (found.split, found.group) == ("", "")


def test_a_column_to_be_learned_is_not_the_group_or_the_split_as_well():
    text = table("id,cluster,subset\n1,a,train\n2,b,test")
    assert guess(text, PICTURES, asked=Mapping("", ("cluster",), "auto")).group == ""
    assert guess(text, PICTURES, asked=Mapping("", ("subset",), "auto")).split == ""
    assert guess(text, PICTURES, asked=Mapping("", ("cluster",), "auto", group="cluster")).group == "cluster"


def test_a_column_called_set_that_names_no_split_is_not_one():
    assert guess(table("file,set,label\n1.jpg,blue,a\n2.jpg,red,b"), PICTURES).split == ""


def test_what_was_asked_for_wins():
    text = table("file,label,other\n1.jpg,a|b,x\n2.jpg,c,y")
    found = guess(text, PICTURES, asked=Mapping("", ("other",), "auto"))
    assert (found.targets, found.task) == (("other",), "multiclass")
    assert guess(text, PICTURES, asked=Mapping("", (), "multiclass")).task == "multiclass"


def test_a_column_that_is_not_there_is_a_sentence_with_those_that_are():
    with pytest.raises(DataError, match=r"no column 'nope'.*'file', 'label'"):
        guess(column("a"), PICTURES, asked=Mapping("", ("nope",), "auto"))


def test_a_form_knows_the_other_columns_where_the_target_is_not_clear():
    unclear = table("patient,subset,id,colour,shape\np,train,1,red,round\np,test,2,blue,flat")
    assert outline(unclear, PICTURES) == Mapping("id", (), split="subset", group="patient")
    assert outline(table("a,b\nx,y"), PICTURES) == Mapping("a", ())


def test_groups_that_a_split_column_tears_apart_are_counted():
    rows = table(
        "id,who,part\n1,p,train\n2,p,Training\n3,q,train\n4,q,test\n5,,train\n6,,test\n7,p,\n8,r,val\n9,r,test"
    )
    assert n_torn(rows, "part", "who") == 2


def test_no_column_with_file_names_is_a_sentence():
    with pytest.raises(DataError, match="No column of the table holds names of the pictures"):
        guess(table("a,b\nx,y\nz,w"), PICTURES)


def test_columns_of_which_none_stands_out_are_asked_about():
    with pytest.raises(DataError, match=r"not clear which column.*'colour', 'shape'.*Name the target column"):
        guess(table("file,colour,shape\n1.jpg,red,round\n2.jpg,blue,flat"), PICTURES)


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
