"""Labels as a table: a csv file with a row for each picture."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from unicodedata import normalize

from happysad_live.core.folded_text import folded
from happysad_live.errors import TrainingError
from training.faces.pictures import (
    LEFT_OUT,
    Listing,
    Picture,
    Reject,
    contempt,
    is_class,
    known_class,
    one_hot,
)
from training.faces.split import SPLIT_OF_WORD

_NOBODY = {"-1", "nan", "NaN", "NA", "null", "NULL"}
"""Cells that name no subject, duplicate group or split, spelt just so: people may be called Na or Null."""

_NOBODY_IN_ANY_CASE = {"unknown", "none", "<na>", "n/a", "#n/a", "?", "-", "–"}
"""Further cells that name none, in lower case."""


def list_table(path: Path, source: str, namespace: str) -> Listing:
    """The pictures that a csv lists in columns ``file,class[,source][,subject][,duplicate_group][,split]``.

    Each picture is looked for in the folder that has the csv's name without its ending, then beside the csv.
    Where a row names no source, its picture is of ``source``, and its subject and duplicate group are of
    ``namespace``; else they are of the named source.

    Raises TrainingError where the csv cannot be read, lacks a column, or names an unknown class or split.
    """
    own_folder = path.with_suffix("")
    folders = (own_folder, path.parent) if own_folder.is_dir() else (path.parent,)
    pictures: dict[tuple[object, ...], Picture] = {}
    rejects: list[Reject] = []
    for number, row in _rows(path):
        if not any(row.values()):  # Excel leaves empty rows at a table's end
            continue
        class_name = known_class(row["class"], f"{path}, line {number}")
        if class_name == LEFT_OUT:
            rejects.append(contempt(row.get("source") or source, row["file"]))
            continue
        split = _split(row, f"{path}, line {number}")
        picture = _picture(row, source, namespace, class_name, split, folders)
        says = picture.content, picture.source, class_name, picture.subject, picture.duplicate_group, split
        if says in pictures:  # as where each of several annotators has a row, and would count by itself
            rejects.append(Reject(picture.source, picture.name, "an earlier row says the same"))
        else:
            pictures[says] = picture
    return Listing(tuple(pictures.values()), tuple(rejects))


def _rows(path: Path) -> Sequence[tuple[int, Mapping[str, str]]]:
    """The table's rows, each with its line number and its cells by column, stripped of blanks."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, header_line = file.readline(), 1
            # Before the header may be empty lines, or Excel's note of the mark that divides cells.
            while header and (not header.strip() or header.lower().startswith("sep=")):
                header, header_line = file.readline(), header_line + 1
            # Excel divides by semicolons where a comma is the decimal mark; copied cells are divided by tabs.
            delimiter = max(",;\t", key=re.sub(r'"[^"]*"', "", header).count)
            columns = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])]
            reader = csv.DictReader(file, columns, delimiter=delimiter)
            missing = [column for column in ("file", "class") if column not in columns]
            if missing:
                raise TrainingError(f"{path} lacks the column “{missing[0]}”: it needs file and class.")
            rows: list[tuple[int, Mapping[str, str]]] = []
            for row in reader:
                cells = {column: row[column] or "" for column in columns}
                if any(_hides_rows(cell, columns, delimiter) for cell in cells.values()):
                    before = rows[-1][0] if rows else header_line
                    raise TrainingError(
                        f"A quotation mark behind line {before} of {path} has no partner, and hides the rows "
                        "after it: take it out, or add the other one."
                    )
                line = reader.line_num + header_line  # the reader begins behind the header
                rows.append((line, {column: cell.strip() for column, cell in cells.items()}))
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path} is not UTF-8 text: save it as “CSV UTF-8” in a spreadsheet.") from error
    except (OSError, csv.Error) as error:
        raise TrainingError(f"{path} cannot be read as a csv: {error}.") from error
    if not rows:
        raise TrainingError(f"{path} lists no pictures.")
    return rows


def _hides_rows(cell: str, columns: Sequence[str], delimiter: str) -> bool:
    """Whether a quoted cell has swallowed rows: one of its lines has a class in the place of that column."""
    place = columns.index("class")
    for line in cell.splitlines()[1:]:
        found = next(csv.reader([line], delimiter=delimiter), [])
        if len(found) > place and len(found) >= len(columns) - 1 and is_class(found[place]):
            return True
    return False


def _split(row: Mapping[str, str], where: str) -> str:
    given = row.get("split", "")
    if not given or _is_nobody(given):
        return ""
    if given.lower() not in SPLIT_OF_WORD:
        raise TrainingError(f"“{given}” in {where} is not a split: use train, val or test.")
    return SPLIT_OF_WORD[given.lower()]


def _picture(
    row: Mapping[str, str],
    source: str,
    namespace: str,
    class_name: str,
    split: str,
    folders: Sequence[Path],
) -> Picture:
    name = row["file"]
    return Picture(
        name,
        row.get("source") or source,
        _found(name, folders),
        one_hot(class_name),
        namespace=row.get("source") or namespace,
        # A name that is typed by hand is now “Zoë”, now “zoë”, perhaps with its accent as a Mac writes it. It
        # must not land on both sides of a split.
        subject=folded(_named(row.get("subject", ""))),
        duplicate_group=_named(row.get("duplicate_group", "")),
        split=split,
    )


def _named(text: str) -> str:
    """The name of a subject or a duplicate group; empty where there is none, as for pandas' nan and R's NA.

    ``7.0`` becomes ``7``: pandas writes whole numbers so where another cell of the column is empty.
    """
    name = re.sub(r"^(-?\d+)\.0+$", r"\1", text)
    return "" if _is_nobody(name) else name


def _is_nobody(text: str) -> bool:
    return text in _NOBODY or text.lower() in _NOBODY_IN_ANY_CASE


def _found(name: str, folders: Sequence[Path]) -> Path:
    """The path of a picture in the first folder that has it, also under a name with backslashes, or one
    whose accents are written in the other of the two ways, as Macs do."""
    spelt = [name, name.replace("\\", "/")]
    spelt += [normalize("NFC", spelt[1]), normalize("NFD", spelt[1])]
    paths = [folder / one for one in dict.fromkeys(spelt) for folder in folders]
    return next((path for path in paths if path.is_file()), paths[0])
