import io
import re
import tracemalloc
import zipfile

import openpyxl
import pytest

from ftcore.datasets.labels import tables
from ftcore.datasets.labels.tables import read_table
from ftcore.errors import DataError
from tests.datasets.labels.made_tables import column, table


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
