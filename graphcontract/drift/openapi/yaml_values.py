"""Parses YAML and JSON into plain values with line numbers, within bounds.

A scalar is a string unless it is true, false or null. An alias shares the value of its anchor, since a few
of them, expanded, can take more than fits in memory; what they nest is bounded like everything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

from graphcontract.contract.jsonfile import make_printable

_EXPAND = "Expand its aliases, for example with `yq 'explode(.)'`."
_MOST_DEEP = 64  # levels; what reads the values may recurse
_MOST_EVENTS = 1_000_000  # bounds the memory for a slice of many small values
_JSON = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]|[^\s\[\]{}:,"]++', re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}

Data = bool | str | list["Node"] | dict[str, "Node"] | None
_Scalar = bool | str | None
_Mark = Literal["{", "}", "[", "]", "scalar", "alias"]
_Event = tuple[_Mark, _Scalar, int, str | None]  # the last is the anchor; an alias has its name as the scalar


@dataclass(slots=True)
class Node:
    """A value and the line, from 1, that it begins on; a member of a mapping begins with its key."""

    data: Data
    line: int

    def get(self, *path: str) -> Node | None:
        """Find a member by its path of names; None if it does not exist."""
        node: Node | None = self
        for name in path:
            node = node.data.get(name) if node is not None and isinstance(node.data, dict) else None
        return node

    def members(self) -> Iterator[tuple[str, Node]]:
        """Yield the members of a mapping; nothing of anything else."""
        return iter(self.data.items() if isinstance(self.data, dict) else ())

    def elements(self) -> Iterator[Node]:
        """Yield the elements of a sequence; nothing of anything else."""
        return iter(self.data if isinstance(self.data, list) else ())

    def get_text(self, name: str) -> str | None:
        """Return a member that is a string, else None."""
        found = self.get(name)
        return found.data if found is not None and isinstance(found.data, str) else None

    def is_true(self, name: str) -> bool:
        """Whether a member is true."""
        found = self.get(name)
        return found is not None and found.data is True


class ValuesError(Exception):
    """Invalid or unsupported YAML or JSON; `line` is counted from 1, `str()` says what is wrong, and `hint`
    what to do, None if the file is broken.
    """

    def __init__(self, problem: str, line: int, hint: str | None = None) -> None:
        super().__init__(problem)
        self.line, self.hint = line, hint


def parse_yaml(data: bytes, first_line: int = 1) -> Node:
    """Parse YAML whose first line has the given number; raises `ValuesError` if it is unusable."""
    return _build(_iterate_yaml_events(data, first_line), first_line)


def parse_json(data: bytes, first_line: int = 1) -> Node:
    """Parse JSON whose first line has the given number; raises `ValuesError` if it is unusable."""
    return _build(_iterate_json_events(data, first_line), first_line)


def _iterate_yaml_events(data: bytes, first_line: int) -> Iterator[_Event]:
    import yaml  # importing it takes a good part of the time of reading a slice

    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    marks: dict[type, _Mark] = {
        yaml.MappingStartEvent: "{",
        yaml.MappingEndEvent: "}",
        yaml.SequenceStartEvent: "[",
        yaml.SequenceEndEvent: "]",
    }
    documents = 0
    try:
        for event in yaml.parse(data, Loader=loader):
            line = (event.start_mark.line if event.start_mark else 0) + first_line
            if isinstance(event, yaml.ScalarEvent):
                scalar = _convert_scalar(event.value) if event.implicit[0] else event.value
                yield "scalar", scalar, line, event.anchor
            elif type(event) in marks:
                yield marks[type(event)], None, line, getattr(event, "anchor", None)
            elif isinstance(event, yaml.AliasEvent):
                yield "alias", event.anchor, line, None
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    _reject("a second document begins", line)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "malformed"
        raise ValuesError(
            f"not valid YAML: {make_printable(str(problem), 200)}", (mark.line if mark else 0) + first_line
        ) from None


def _iterate_json_events(data: bytes, first_line: int) -> Iterator[_Event]:
    try:
        text = data.decode("utf-8-sig")
        json.loads(text)
    except UnicodeDecodeError as error:
        raise ValuesError("not valid UTF-8", first_line + data.count(b"\n", 0, error.start)) from None
    except json.JSONDecodeError as error:
        raise ValuesError(f"not valid JSON: {error.msg}", first_line + error.lineno - 1) from None
    except RecursionError:
        raise ValuesError("it is nested too deeply", first_line) from None
    line, at = first_line, 0
    for token in _JSON.finditer(text):
        line, at = line + text.count("\n", at, token.start()), token.start()
        mark = token[0]
        if mark in ("{", "}", "[", "]"):
            yield mark, None, line, None  # type: ignore[misc]  # mypy does not narrow a str by literals
        elif mark.startswith('"'):
            yield "scalar", json.loads(mark), line, None
        else:
            yield "scalar", _convert_scalar(mark), line, None


def _convert_scalar(plain: str) -> _Scalar:
    return _WORDS.get(plain.lower(), plain) if len(plain) < 6 else plain


def _build(events: Iterator[_Event], first_line: int) -> Node:
    """Build the values from events, without recursion: the depth of the input is not trusted."""
    outermost: list[Node] = []
    open: list[_Open] = [_Open(outermost)]
    anchors: dict[str, tuple[Data, int]] = {}  # values and how deep they nest; only of those that have ended
    for count, (mark, scalar, line, anchor) in enumerate(events):
        if count > _MOST_EVENTS:
            _reject(f"it has more than {_MOST_EVENTS} values", line)
        height = 0
        if mark in ("}", "]"):
            height = open[-1].close(anchors)
            open.pop()
            open[-1].height = max(open[-1].height, height)
        elif not open[-1].takes_key(mark, scalar, line):
            opened: list[Node] | dict[str, Node] | None = {} if mark == "{" else [] if mark == "[" else None
            if mark == "alias":
                data, height = _find_anchor(anchors, str(scalar), line)
                open[-1].height = max(open[-1].height, height)
            else:
                data = scalar if opened is None else opened
            open[-1].take(Node(data, line))
            if opened is not None:
                open.append(_Open(opened, anchor))
            elif anchor is not None:
                anchors[anchor] = data, 0
        if len(open) + height > _MOST_DEEP:
            _reject(f"it is nested deeper than {_MOST_DEEP} levels", line)
    if not outermost:
        _reject("it is empty", first_line)
    return outermost[0]


class _Open:
    """An unfinished mapping or sequence; for a mapping, also the key whose value is next."""

    def __init__(self, data: list[Node] | dict[str, Node], anchor: str | None = None) -> None:
        self._data, self._anchor = data, anchor
        self._key: tuple[str, int] | None = None
        self.height = 0  # levels below it

    def close(self, anchors: dict[str, tuple[Data, int]]) -> int:
        """Record the value under its anchor, and return how many levels it has."""
        if self._anchor is not None:
            anchors[self._anchor] = self._data, self.height + 1
        return self.height + 1

    def takes_key(self, mark: _Mark, scalar: _Scalar, line: int) -> bool:
        """Take the event as a key, and return True, if a key is next."""
        if not isinstance(self._data, dict) or self._key is not None:
            return False
        if mark != "scalar":
            _reject("a key is not a string", line)
        name = scalar if isinstance(scalar, str) else str(scalar).lower()
        if name == "<<" and mark == "scalar":
            _reject("it uses a YAML merge key, `<<`, which is not supported", line, _EXPAND)
        if name in self._data:
            _reject(f"the key {make_printable(name, 200)} occurs twice", line)
        self._key = (name, line)
        return True

    def take(self, node: Node) -> None:
        """Add a value; the line of a member is that of its key."""
        if isinstance(self._data, list):
            self._data.append(node)
        elif self._key is not None:
            name, node.line = self._key
            self._data[name] = node
            self._key = None


def _find_anchor(anchors: Mapping[str, tuple[Data, int]], name: str, line: int) -> tuple[Data, int]:
    if name not in anchors:
        shown = make_printable(name, 80)
        _reject(f"the YAML alias *{shown} has no anchor &{shown} before it in this part", line, _EXPAND)
    return anchors[name]


def _reject(problem: str, line: int, hint: str | None = None) -> NoReturn:
    raise ValuesError(problem, line, hint)
