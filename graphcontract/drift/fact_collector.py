"""Collects the facts and problems that a reader finds in one source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graphcontract.drift.model import Fact, FactOrigin, Parts, Problem, Reading, Value
from graphcontract.drift.page.blocks import Block
from graphcontract.drift.source_file import replace_unprintable

Place = Block | FactOrigin | None


class FactCollector:
    """Collects facts of one source. A second, different statement of a fact is a contradiction."""

    def __init__(self, origin: FactOrigin) -> None:
        self.origin = origin
        self.facts: dict[str, Fact] = {}
        self.problems: list[Problem] = []

    def locate(self, line: int, file: str | None = None) -> FactOrigin:
        """Make the location of a line in the source, or in a file that it includes."""
        return replace(self.origin, line=line, source=file or self.origin.source)

    def locate_fact(self, name: str) -> FactOrigin:
        """Find the location of a fact that was added; without it, the source as a whole."""
        return self.facts[name].origin if name in self.facts else self.origin

    def add_fact(
        self,
        name: str,
        value: Value,
        place: Place,
        *,
        inferred: str | None = None,
        parts: Mapping[str, Parts] | None = None,
    ) -> None:
        """Add a statement. One that differs from an earlier one of the same fact is a contradiction."""
        origin = self._find_origin(place)
        known = self.facts.get(name)
        if known is None:
            self.facts[name] = Fact(name, "asserts", value, origin, inferred, parts or {})
        elif known.value != value:
            text = f"it says {format_value(known.value)}, and elsewhere {format_value(value)}"
            self.add_contradiction(name, text, origin)

    def add_unreadable(self, name: str, text: str, place: Place) -> None:
        """Add the problem that a fact cannot be read."""
        self.problems.append(Problem("fact-unreadable", name, text, self._find_origin(place)))

    def add_contradiction(self, name: str, text: str, place: Place) -> None:
        """Add the problem that the source contradicts itself."""
        self.problems.append(Problem("self-contradiction", name, text, self._find_origin(place)))

    def mentions(self, name: str) -> bool:
        """Whether the source states a fact, or has a problem with it."""
        return name in self.facts or any(problem.fact == name for problem in self.problems)

    def mark_silent(self, names: Iterable[str]) -> None:
        """Add silence for each of these facts that is neither stated nor unreadable."""
        unreadable = {each.fact for each in self.problems if each.rule == "fact-unreadable"}
        for name in names:
            if name not in self.facts and name.partition(".")[0] not in unreadable and name not in unreadable:
                self.facts[name] = Fact(name, "silent", None, self.origin)

    def make_reading(self, slice_sha256: str, notes: tuple[str, ...] = ()) -> Reading:
        """Make the reading; facts that are also unreadable somewhere stay as they were first stated."""
        return Reading(self.origin, self.facts, slice_sha256, notes, tuple(self.problems))

    def _find_origin(self, place: Place) -> FactOrigin:
        if isinstance(place, Block):
            return self.locate(place.line, place.file)
        return place or self.origin


def format_value(value: Value) -> str:
    """Format a value of a fact for reports."""
    if isinstance(value, tuple):
        if len(value) == 2 and value[0] == "key":
            return f"{{{value[1]}}}"
        return f"({', '.join(format_value(each) for each in value)})" if value else "none"
    return "nothing" if value is None else replace_unprintable(str(value))
