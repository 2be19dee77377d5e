"""A table of labels (CSV, TSV, Excel, JSON lines) as a file: read with a text in every cell, within limits."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ftcore.datasets.sources.archive import shown
from ftcore.errors import DataError

SUFFIXES = (".csv", ".tsv", ".xlsx", ".jsonl")
LARGEST = 200_000_000  # bytes of a table; unpacked, for Excel
MOST_ROWS = 1_000_000
MOST_COLUMNS = 1_000
MOST_CELLS = 10_000_000  # empty ones too: a short file can have many
_LONGEST_LINE = 1_000_000  # characters, also of a cell
_MOST_LINES = 1_000  # of one row
_LARGEST_LIST = 50_000_000  # characters of JSON that is one list: it is parsed in one piece
_EXCEL_ROWS = 1_048_576  # of any Excel sheet; a row beyond is a lie
JSON_LIST = "\x1f"  # stands between the values of a list in a cell; no text file holds it by accident


def read_table(name: str, data: bytes) -> pd.DataFrame:
    """A table with a text in every cell, exactly as it is written; an empty text where there is nothing.

    Args:
        name: Of the file; its ending says what it is.
        data: The whole file.

    Raises:
        DataError: Not a table, too large, without any row, or with more rows, columns or cells than are read. What is
            too much is not read to its end.
    """
    ending = "." + name.rpartition(".")[2].lower()
    called = shown(name)
    if len(data) > LARGEST:
        raise DataError(f"The table {called} is larger than {LARGEST // 10**6} MB.", fix="Split it.")
    try:
        if ending == ".xlsx":
            table = _excel(data)
        elif ending in (".jsonl", ".json", ".ndjson"):
            table = _json_lines(_text(data))
        else:
            table = _csv(_text(data), "\t" if ending == ".tsv" else "")
    except DataError:
        raise
    except Exception as error:  # each of the readers raises a dozen kinds on broken files
        raise DataError(f"The table {called} cannot be read.", fix="Save it as CSV, with column names.") from error
    if table.empty or not len(table.columns):
        raise DataError(
            f"The table {called} has no rows below its column names.", fix="Put one row per picture into it."
        )
    return table


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"):
        try:
            return data.decode(encoding).replace("\0", "")
        except UnicodeError:
            continue
    return data.decode("cp1252", "replace").replace("\0", "")


def _require_room(n_columns: int, n_rows: int) -> None:
    """Raise DataError for a table that has become too large."""
    if n_columns > MOST_COLUMNS:
        raise DataError(
            f"The table has more than {MOST_COLUMNS:,} columns.", fix="Leave out those that are not needed here."
        )
    if n_rows > MOST_ROWS:
        raise DataError(f"The table has more than {MOST_ROWS:,} rows.", fix="Split it.")
    if n_rows * n_columns > MOST_CELLS:
        raise DataError(
            f"The table has more than {MOST_CELLS:,} cells, counting empty ones.",
            fix="Leave out columns that are not needed here, or split it.",
        )


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, one at a time."""
    start = 0
    while start < len(text):
        stop = text.find("\n", start) + 1 or len(text)
        if stop - start > _LONGEST_LINE:
            raise DataError(
                f"The table has a line of more than {_LONGEST_LINE:,} characters.", fix="Put one row into each line."
            )
        yield text[start:stop]
        start = stop


def _csv(text: str, delimiter: str) -> pd.DataFrame:
    first = next((line for line in _lines(text) if line.strip()), "")
    delimiter = delimiter or max((",", ";", "\t", "|"), key=first.count)
    csv.field_size_limit(_LONGEST_LINE)
    n_lines = 0  # of the row that is being read

    def counted() -> Iterator[str]:
        nonlocal n_lines
        for line in _lines(text):
            n_lines += 1
            if n_lines > _MOST_LINES:
                raise DataError(
                    f"A row of the table goes over more than {_MOST_LINES:,} lines.", fix="Check its quotation marks."
                )
            yield line

    header: list[str] = []
    body: list[list[str]] = []
    for row in csv.reader(counted(), delimiter=delimiter):
        n_lines = 0
        if not any(cell.strip() for cell in row):
            continue
        if not header:
            _require_room(len(row), 0)
            header = _unique([cell.strip() for cell in row])
            continue
        _require_room(len(header), len(body) + 1)
        body.append([cell.strip() for cell in row[: len(header)]] + [""] * (len(header) - len(row)))
    return pd.DataFrame(body, columns=header or None, dtype=object)


def _excel(data: bytes) -> pd.DataFrame:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(info.file_size for info in packed.infolist()) > LARGEST:
            raise DataError(f"The Excel file unpacks to more than {LARGEST // 10**6} MB.", fix="Save it as CSV.")
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()  # rows would be filled up to the size that the file claims
    header: list[str] = []
    body: list[list[str]] = []
    for number, row in enumerate(sheet.iter_rows(values_only=True)):
        if number > _EXCEL_ROWS:
            _require_room(len(header), MOST_ROWS + 1)
        if not header:
            _require_room(len(row), 0)
            named = [_cell(value) for value in row]
            header = _unique(named[: max((i + 1 for i, cell in enumerate(named) if cell), default=0)])
            continue
        cells = [_cell(value) for value in row[: len(header)]]
        if any(cells):
            _require_room(len(header), len(body) + 1)
            body.append(cells + [""] * (len(header) - len(cells)))
    return pd.DataFrame(body, columns=header or None, dtype=object)


def _json_lines(text: str) -> pd.DataFrame:
    columns: dict[str, int] = {}
    body: list[list[str]] = []
    for record in _json_records(text):
        if not isinstance(record, dict):
            raise ValueError("expected one object per line")
        for key in record:
            columns.setdefault(key, len(columns))
        _require_room(len(columns), len(body) + 1)
        cells = [""] * len(columns)
        for key, value in record.items():
            cells[columns[key]] = _cell(value)
        body.append(cells)
    body = [cells + [""] * (len(columns) - len(cells)) for cells in body]
    return pd.DataFrame(body, columns=_unique(list(columns)) or None, dtype=object)


def _json_records(text: str) -> Iterator[Any]:
    """One value for each line, or for each part of a list."""
    if not text.lstrip().startswith("["):
        yield from (json.loads(line) for line in _lines(text) if line.strip())
    elif len(text) > _LARGEST_LIST:
        raise DataError(
            f"The table is a JSON list of more than {_LARGEST_LIST // 10**6} MB.", fix="Save it as JSON lines or CSV."
        )
    else:
        yield from json.loads(text)


def _cell(value: Any) -> str:
    """A value as text; a whole number without a point, a list with its values side by side."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return "".join(_cell(part) + JSON_LIST for part in value if not isinstance(part, list | dict))
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).strip()


def _unique(header: Sequence[str]) -> list[str]:
    """Column names, each once and none empty."""
    taken: dict[str, None] = {}
    for i, name in enumerate(header):
        plain = str(name) or f"column {i + 1}"
        while plain in taken:
            plain += f" ({i + 1})"
        taken[plain] = None
    return list(taken)
