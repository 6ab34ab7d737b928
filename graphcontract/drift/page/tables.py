"""Reads tables of documentation pages: permissions, national clouds, errors, headers and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from graphcontract.drift.contract_facts import SCHEMES, TOGETHER
from graphcontract.drift.model import Value
from graphcontract.drift.page.blocks import Block, Row, strip_markup

_NOTHING = {"", "n/a", "na", "none", "no", "-", "–", "—", "not supported", "not available", "not applicable"}
_PERMISSION = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[.-][A-Za-z0-9]+)*")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,;]|\bor\b")
_CLOUDS = (
    ("global", re.compile(r"\bglobal\b")),
    ("us-gov-l4", re.compile(r"\bl4\b")),
    ("us-gov-l5", re.compile(r"\bl5\b|\bdod\b")),
    ("china", re.compile(r"\bchina\b|21vianet")),
)
_YES = {":white_check_mark:", "✅", "✔", "✔️", "yes", "supported", "available", ":heavy_check_mark:"}
_NO = {":x:", "❌", "✖", "✖️", "no", "not supported", "not available", ""}
_STATUS_HEADS = {
    "code",
    "status",
    "status code",
    "http status",
    "http status code",
    "http code",
    "error code",
}
_UNNAMED = {"none", "n/a", "not applicable", "-", "–", "—", "no headers", "no parameters"}
_PHRASES = {str(each.value): each.phrase.split()[0] for each in HTTPStatus} | {"413": "(?:Payload|Content)"}
_CODE = re.compile(r"`(?:HTTP/[\d.]+ )?([45]\d\d)\b[^`]{0,60}`|(?<![\w.`])([45]\d\d)(?=\s)")
_OPTIONAL = re.compile(r"\boptional\b|(?:\bnot|n't) (?:required|mandatory)\b")
# "must include" alone may be about the value: "must include an address".
_REQUIRED = re.compile(
    r"\brequired\b|\bmandatory\b"
    r"|\bmust (?:include|send|specify|provide|supply|set|pass) (?:this|the) (?:header|parameter)\b"
    r"|(?:\A|\. |\b(?:header|parameter) )must be (?:included|sent|specified|provided|supplied|present)\b"
)
_COUNTED = re.compile(r"\b(?:up to|than|most|least|limit of|maximum of) $", re.IGNORECASE)
_STATUS = re.compile(r"(?<![\w.])([45]\d\d)(?![\w.]*\d)")


@dataclass(frozen=True, slots=True)
class Cell:
    """A value read from a table; None with a `problem` if the cell cannot be read."""

    value: Value
    line: int
    file: str
    problem: str = ""


def list_tables(blocks: Sequence[Block]) -> list[Block]:
    """List the tables that have a header."""
    return [block for block in blocks if block.kind == "table" and block.rows and block.rows[0].cells]


def is_permissions_table(table: Block) -> bool:
    """Whether a table is a permissions table."""
    return _fold(table.rows[0].cells[0]).startswith("permission type")


def read_permissions(table: Block) -> Iterator[tuple[str, Cell]]:
    """Yield the fact name, and the least and higher permissions, of each row of a permissions table; the name
    is `permissions` for a row of an unknown permission type.
    """
    head = [_fold(cell) for cell in table.rows[0].cells]
    for row in table.rows[1:]:
        names = _list_schemes(_fold(row.cells[0]))
        for name in names:
            yield name, _read_permissions_row(head, row, table.file)
        if not names and any(map(strip_markup, row.cells)):
            problem = (
                f"the permissions table has a row for an unknown type, {strip_markup(row.cells[0])[:80]!r}"
            )
            yield "permissions", Cell(None, row.line, table.file, problem)


def read_clouds(table: Block) -> list[Cell]:
    """List the clouds with the operation, a cell for each row; empty if this is not a table of clouds."""
    head = [_fold(cell) for cell in table.rows[0].cells]
    names = [next((name for name, called in _CLOUDS if called.search(cell)), None) for cell in head]
    known = {name for name in names if name}
    if len(known) < 2 and head not in (["global"], ["global service"]):
        return []
    problem = ""
    if "global" not in known:
        problem = "the table of national clouds has no column for the global service"
    elif len(table.rows) < 2:
        problem = "the table of national clouds has no row"
    if problem:
        return [Cell(None, table.line, table.file, problem)]
    return [_read_clouds_row(names, row, table) for row in table.rows[1:]]


def find_errors(table: Block) -> Iterator[tuple[str, int]]:
    """Yield each 4xx and 5xx status of a table of errors, with its line; nothing for another table."""
    columns = [index for index, cell in enumerate(table.rows[0].cells) if _fold(cell) in _STATUS_HEADS]
    for row in table.rows[1:]:
        for column in columns:
            for status in _STATUS.findall(row.cells[column]) if column < len(row.cells) else ():
                yield status, row.line


def find_statuses(text: str) -> list[str]:
    """List the 4xx and 5xx status codes in a sentence, in backticks or followed by their reason phrase."""
    found = []
    for each in _CODE.finditer(text):
        phrase = _PHRASES.get(each[2], "error")
        is_status = each[1] or re.match(
            rf"\s+(?:(?=[A-Z])(?i:{phrase})|response|status|error)", text[each.end() : each.end() + 40]
        )
        if is_status and not _COUNTED.search(text, max(each.start() - 30, 0), each.start()):
            found.append(each[1] or each[2])
    return found


def iterate_named_rows(table: Block) -> Iterator[tuple[str, Mapping[str, str], Row]]:
    """Yield name and cells, by column heading, of each row of a table of headers, parameters, properties."""
    head = [_fold(cell) for cell in table.rows[0].cells]
    for row in table.rows[1:]:
        cells = dict(zip(head, row.cells, strict=False))
        name = strip_markup(row.cells[0]) if row.cells else ""
        if name and name.casefold().rstrip(".") not in _UNNAMED:
            yield name, cells, row


def read_presence(cells: Mapping[str, str]) -> str:
    """Read `required` or `optional` from the cells of a row; optional if the row states neither."""
    for head, cell in cells.items():
        if head.startswith("required"):
            return "required" if _fold(cell) in ("yes", "true", "required", "✅") else "optional"
    text = " ".join(map(_fold, cells.values()))
    if _OPTIONAL.search(text):
        return "optional"
    return "required" if _REQUIRED.search(text) else "optional"


def _read_clouds_row(names: Sequence[str | None], row: Row, table: Block) -> Cell:
    has: list[str] = []
    for name, cell in zip(names, row.cells, strict=False):
        mark = _fold(cell)
        if name is None or mark not in _YES | _NO:
            problem = f"the table of national clouds has {cell!r} for {name or 'an unknown cloud'}"
            return Cell(None, row.line, table.file, problem)
        has += [name] if mark in _YES else []
    if len(row.cells) < len(names) or len(set(names)) < len(names):
        problem = "a row of the table of national clouds has too few cells, or a cloud has two columns"
        return Cell(None, row.line, table.file, problem)
    return Cell(tuple(sorted(has)), row.line, table.file)


def _read_permissions_row(head: Sequence[str], row: Row, file: str) -> Cell:
    least: list[str] = []
    higher: list[str] = []
    for column, cell in zip(head[1:], row.cells[1:], strict=False):
        names = _list_permissions(cell)
        if names is None:
            return Cell(
                None,
                row.line,
                file,
                f"the permissions table has an unreadable cell, {strip_markup(cell)[:80]!r}",
            )
        if "higher" in column:
            higher += names
        elif "least" in column and "most" not in column:
            least += names
        else:  # one column for all, from the least to the most privileged, or the other way round
            ranked = names[::-1] if "most to least" in column else names
            least, higher = least + ranked[:1], higher + ranked[1:]
    if len(row.cells) < max(len(head), 2):
        return Cell(None, row.line, file, "a row of the permissions table has too few cells")
    return Cell((tuple(sorted(set(least))), tuple(sorted(set(higher)))), row.line, file)


def _list_permissions(cell: str) -> list[str] | None:
    """List the permissions of a cell, `A + B` if both are needed; None if it has any other text."""
    found = []
    text = strip_markup(_BREAK.sub(",", cell))
    for each in [text] if _is_empty(text) else _SEPARATOR.split(text):
        together = [part.strip().rstrip(".") for part in re.split(r"\band\b|\+", each)]
        if all(_is_empty(part) for part in together):
            continue
        if not all(_PERMISSION.fullmatch(part) for part in together):
            return None
        found.append(TOGETHER.join(together))
    return found


def _list_schemes(text: str) -> list[str]:
    """List the fact names of a row: a delegated row for both kinds of account has two."""
    if re.match(r"applications?\b", text):
        return [SCHEMES["Application"]]
    if not text.startswith("delegated"):
        return []
    work = re.search(r"\bwork\b|\bschool\b|^delegated( permissions?)?$", text)
    personal = re.search(r"\bpersonal\b", text)
    return [SCHEMES["DelegatedWork"]] * bool(work) + [SCHEMES["DelegatedPersonal"]] * bool(personal)


def _is_empty(text: str) -> bool:
    return text.strip().rstrip(".").casefold() in _NOTHING


def _fold(cell: str) -> str:
    return strip_markup(cell).casefold().rstrip(".")
