"""One contract file, read as the hostile input that it may be: bytes in, a JSON document or one error out.

Knows files and JSON; what a contract must hold is checked elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from graphcontract.contract import json_positions
from graphcontract.errors import UserError

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 64
_MAX_DIGITS = 15
_SHOWN = 200
_WIDTH = 100

# What no report can show: controls but tab and line feed, lone surrogates, changes of writing direction.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


class ContractError(UserError):
    """A contract that cannot be used: where, what was expected there, what was found, how to mend it.

    `pointer` is a JSON pointer and `line` counts from 1; None where the fault has no such place.
    """

    def __init__(
        self,
        file: str,
        expected: str,
        found: str,
        remedy: str,
        pointer: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(file, expected, found, remedy, pointer, line)
        self.file, self.expected, self.found = file, expected, found
        self.remedy, self.pointer, self.line = remedy, pointer, line

    def __str__(self) -> str:
        place = printable(self.file) if self.line is None else f"{printable(self.file)}:{self.line}"
        if self.pointer is not None:
            place += f": at {printable(self.pointer, 200) or 'the top level'}"
        return f"{place}: expected {self.expected}, found {self.found}\n  {self.remedy}"


@dataclass(frozen=True, slots=True)
class ContractFile:
    """A file that holds JSON; `name` is how messages call it, `folder` None for a shipped one."""

    name: str
    folder: Path | None
    sha256: str
    document: Any
    text: str = field(repr=False)

    def error(self, path: json_positions.Path, expected: str, found: str, remedy: str) -> ContractError:
        """Make the error of what stands at a path of the document."""
        line = json_positions.line_of(self.text, path)
        return ContractError(self.name, expected, found, remedy, json_positions.pointer(path), line)


class _NumberError(Exception):
    """A number that no contract needs; its argument is how it is spelled."""


def read(path: Path, missing: str, kind: str = "a contract file") -> ContractFile:
    """Read a regular file of at most 2 MiB; `ContractError` if it is not one or holds no usable JSON.

    `missing` is the remedy if there is no such file, `kind` what an error says was expected.
    """

    def refuse(found: str, remedy: str) -> NoReturn:
        raise ContractError(str(path), kind, found, remedy)

    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            refuse("a folder", "Name a JSON file in it.")
        if not stat.S_ISREG(mode):
            refuse("a device, pipe or socket", "Write it to a regular file first.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        refuse("no such file", missing)
    except OSError as error:
        refuse(f"one that cannot be read: {error.strerror}", "Name a file that you may read.")
    except ValueError:
        refuse("a name that no file can have", "Leave the NUL character out.")
    return parse(data, str(path), path.parent)


def parse(data: bytes, name: str, folder: Path | None) -> ContractFile:
    """Parse bytes as JSON that is safe to check and to show; `ContractError` where they are not."""
    text = _decode(data, name)
    deep = json_positions.nested_deeper(text, MAX_DEPTH)
    if deep is not None:
        expected, remedy = (
            f"at most {MAX_DEPTH} levels of nesting",
            "Flatten it: such a file is never that deep.",
        )
        raise ContractError(name, expected, "more", remedy, line=deep)
    document = _document(text, name)
    for offset, string in json_positions.strings(text):
        unfit = _UNFIT.search(string)
        if unfit is not None:
            line, found = json_positions.line_at(text, offset), f"U+{ord(unfit[0]):04X} in a string"
            remedy = "Leave control characters, lone surrogates and changes of writing direction out."
            raise ContractError(name, "text that can be shown", found, remedy, line=line)
    repeated = json_positions.repeated_name(text)
    if repeated is not None:
        path, line = repeated
        expected, found = "each name once in an object", f"{shown(path[-1])} a second time"
        raise ContractError(
            name, expected, found, "Remove one of the two.", json_positions.pointer(path), line
        )
    return ContractFile(name, folder, hashlib.sha256(data).hexdigest(), document, text)


def _decode(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        expected, remedy = (
            f"at most {MAX_BYTES} bytes",
            "Check that this is the right file: such files are small.",
        )
        raise ContractError(name, expected, "more", remedy)
    if data.startswith(b"\xef\xbb\xbf"):
        expected, remedy = "UTF-8 without a byte order mark", "Save the file as UTF-8 without it."
        raise ContractError(name, expected, "a byte order mark", remedy, line=1)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{data[error.start]:02X} at offset {error.start}"
        raise ContractError(name, "UTF-8", found, "Save the file as UTF-8.", line=line) from None


def _document(text: str, name: str) -> object:
    try:
        return json.loads(text, parse_int=_whole, parse_float=_refused, parse_constant=_refused)
    except _NumberError as error:
        number = str(error)
        line, expected = (
            json_positions.line_of_token(text, number),
            f"a whole number of at most {_MAX_DIGITS} digits",
        )
        remedy = "Write a whole number, or a string."
        raise ContractError(name, expected, printable(number, _SHOWN), remedy, line=line) from None
    except json.JSONDecodeError as error:
        found = f"a syntax error in column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
        raise ContractError(name, "JSON", found, "Mend the syntax there.", line=error.lineno) from None


def _whole(number: str) -> int:
    return int(number) if len(number) <= _MAX_DIGITS else _refused(number)


def _refused(number: str) -> NoReturn:
    raise _NumberError(number)


def lay_out(document: Mapping[str, Any]) -> str:
    """Write a document as contract files are laid out: a member a line, and a short array on one line."""
    return _laid_out(document, "") + "\n"


def _laid_out(value: object, indent: str) -> str:
    line, inner = json.dumps(value, ensure_ascii=False), f"{indent}  "
    nested = isinstance(value, list) and any(isinstance(each, dict | list) for each in value)
    if isinstance(value, dict) and value:
        members = (f"{json.dumps(name)}: {_laid_out(each, inner)}" for name, each in value.items())
        return "{\n" + ",\n".join(f"{inner}{member}" for member in members) + f"\n{indent}}}"
    if isinstance(value, list) and value and (nested or len(indent) + len(line) > _WIDTH):
        elements = (f"{inner}{_laid_out(each, inner)}" for each in value)
        return "[\n" + ",\n".join(elements) + f"\n{indent}]"
    return line


def printable(text: str, limit: int = 1000) -> str:
    """Fit a text into one line of a message: what cannot be shown is escaped, what is too long is cut."""
    cut = text if len(text) <= limit else f"{text[:limit]}…"
    return cut if cut.isprintable() else ascii(cut)[1:-1]


def shown(value: object) -> str:
    """Write a JSON value for a message: scalars as JSON, cut; of containers what they are."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    return printable(json.dumps(value, ensure_ascii=False), _SHOWN)


def nearest(name: str, names: Iterable[str]) -> str:
    """Offer the name that was likely meant, as a sentence; empty where none is near."""
    from difflib import get_close_matches  # only on the way to an error

    near = get_close_matches(name, list(names), 1)
    return f"Did you mean {shown(near[0])}?" if near else ""
