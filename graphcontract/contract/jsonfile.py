"""Reads one JSON file of a user as hostile input: bytes in, a JSON document or one `ContractError` out.

Contracts, snapshots, waivers and known failures are read with it. What a document must contain is checked by
`schema` and `validation`.
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

# Shipped contracts have at most 70 kB and a few levels: these bounds only stop files that are not contracts.
MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 64  # far below the depth at which `json` raises RecursionError
_MAX_DIGITS = 15  # every integer of 15 digits is exact as a double, which other JSON readers use
_MAX_VALUE_LENGTH = 200  # characters of a value in an error message
_WIDTH = 100  # columns of a laid out file

# Characters that would garble a report: controls except tab and line feed, lone surrogates, bidi controls.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


class ContractError(UserError):
    """A contract, or another JSON file, that cannot be used: where, what was expected there, what was found,
    how to fix it.

    `pointer` is a JSON pointer and `line` counts from 1; None if the fault has no such location.
    """

    code = "invalid-file"

    def __init__(
        self,
        file: str,
        expected: str,
        found: str,
        remedy: str,
        pointer: str | None = None,
        line: int | None = None,
    ) -> None:
        location = make_printable(file) if line is None else f"{make_printable(file)}:{line}"
        if pointer is not None:
            location += f": at {make_printable(pointer, 200) or 'the top level'}"
        super().__init__(f"{location}: expected {expected}, found {found}", remedy)
        self.args = (
            file,
            expected,
            found,
            remedy,
            pointer,
            line,
        )  # for pickle, which calls the class with it
        self.file, self.expected, self.found, self.pointer, self.line = file, expected, found, pointer, line


@dataclass(frozen=True, slots=True)
class ContractFile:
    """A file that contains JSON; messages call it `name`; `folder` is None for a shipped file.

    `trusted` is for a file of this package: tests compare it with its schema, so that uses need not.
    """

    name: str
    folder: Path | None
    sha256: str
    document: Any
    text: str = field(repr=False)
    trusted: bool = False

    def error(self, path: json_positions.Path, expected: str, found: str, remedy: str) -> ContractError:
        """Make an error about the value at a path of the document."""
        line = json_positions.find_line_of(self.text, path)
        return ContractError(self.name, expected, found, remedy, json_positions.format_pointer(path), line)


class _NumberError(Exception):
    """A number that contracts do not admit; its argument is the number as spelled in the file."""


def read(path: Path, missing: str, kind: str = "a contract file") -> ContractFile:
    """Read a regular file of at most 2 MiB; `ContractError` if it cannot be read or is not usable JSON.

    `missing` is the remedy if the file does not exist, `kind` what an error says was expected.
    """
    return parse(read_bytes(path, missing, kind), str(path), path.parent)


def read_bytes(path: Path, missing: str, kind: str, limit: int = MAX_BYTES) -> bytes:
    """Read a regular file as far as one byte beyond the limit, which `decode` checks; otherwise as `read`."""

    def fail(found: str, remedy: str) -> NoReturn:
        raise ContractError(str(path), kind, found, remedy)

    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            fail("a folder", "Name a JSON file in it.")
        if not stat.S_ISREG(mode):
            fail("a device, pipe or socket", "Write it to a regular file first.")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError:
        fail("no such file", missing)
    except OSError as error:
        fail(f"a file that cannot be read: {error.strerror}", "Name a file that you have permission to read.")
    except ValueError:
        fail("a file name with a NUL character", "Remove the NUL character.")


def parse(data: bytes, name: str, folder: Path | None) -> ContractFile:
    """Parse bytes as JSON that is safe to validate and to display; `ContractError` if they are not."""
    text = decode(data, name)
    deep = json_positions.find_excess_nesting(text, MAX_DEPTH)
    if deep is not None:
        expected, remedy = (
            f"at most {MAX_DEPTH} levels of nesting",
            "Flatten it: such a file is never that deep.",
        )
        raise ContractError(name, expected, "more", remedy, line=deep)
    document = _parse_json(text, name)
    for offset, string in json_positions.iterate_strings(text):
        unprintable = _UNPRINTABLE.search(string)
        if unprintable is not None:
            line, found = (
                json_positions.find_line_at(text, offset),
                f"U+{ord(unprintable[0]):04X} in a string",
            )
            remedy = "Remove control characters, lone surrogates and changes of writing direction."
            raise ContractError(name, "printable text", found, remedy, line=line)
    repeated = json_positions.find_repeated_name(text)
    if repeated is not None:
        path, line = repeated
        expected, found = "each name once in an object", f"{format_value(path[-1])} a second time"
        raise ContractError(
            name, expected, found, "Remove one of the two.", json_positions.format_pointer(path), line
        )
    return ContractFile(name, folder, hashlib.sha256(data).hexdigest(), document, text)


def decode(data: bytes, name: str, limit: int = MAX_BYTES) -> str:
    """Decode UTF-8 without a byte order mark; `ContractError` if it is not, or is longer than the limit."""
    if len(data) > limit:
        expected, remedy = (
            f"at most {limit} bytes",
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


def _parse_json(text: str, name: str) -> object:
    try:
        return json.loads(
            text, parse_int=_parse_integer, parse_float=_reject_number, parse_constant=_reject_number
        )
    except _NumberError as error:
        number = str(error)
        line, expected = (
            json_positions.find_line_of_token(text, number),
            f"a whole number of at most {_MAX_DIGITS} digits",
        )
        remedy = "Write a whole number, or a string."
        raise ContractError(
            name, expected, make_printable(number, _MAX_VALUE_LENGTH), remedy, line=line
        ) from None
    except json.JSONDecodeError as error:
        found = f"a syntax error in column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
        raise ContractError(name, "JSON", found, "Fix the syntax there.", line=error.lineno) from None


def _parse_integer(number: str) -> int:
    return int(number) if len(number) <= _MAX_DIGITS else _reject_number(number)


def _reject_number(number: str) -> NoReturn:
    raise _NumberError(number)


def lay_out(document: Mapping[str, Any]) -> str:
    """Format a document as contract files are laid out: one member a line, and a short array on one line."""
    return _format_json(document, "") + "\n"


def _format_json(value: object, indent: str) -> str:
    line, inner = json.dumps(value, ensure_ascii=False), f"{indent}  "
    nested = isinstance(value, list) and any(isinstance(each, dict | list) for each in value)
    if isinstance(value, dict) and value:
        members = (f"{json.dumps(name)}: {_format_json(each, inner)}" for name, each in value.items())
        return "{\n" + ",\n".join(f"{inner}{member}" for member in members) + f"\n{indent}}}"
    if isinstance(value, list) and value and (nested or len(indent) + len(line) > _WIDTH):
        elements = (f"{inner}{_format_json(each, inner)}" for each in value)
        return "[\n" + ",\n".join(elements) + f"\n{indent}]"
    return line


def make_printable(text: str, limit: int = 1000) -> str:
    """Make a text fit one line of a message: unprintable characters are escaped, a long text is cut."""
    cut = text if len(text) <= limit else f"{text[:limit]}…"
    return cut if cut.isprintable() else ascii(cut)[1:-1]


def format_value(value: object) -> str:
    """Format a JSON value for a message: scalars as JSON, cut; of containers only their type."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    return make_printable(json.dumps(value, ensure_ascii=False), _MAX_VALUE_LENGTH)


def suggest_name(name: str, names: Iterable[str]) -> str:
    """Suggest the name that was probably meant, as a sentence; empty if none is similar."""
    from difflib import get_close_matches  # needed for errors only

    near = get_close_matches(name, list(names), 1)
    return f"Did you mean {format_value(near[0])}?" if near else ""
