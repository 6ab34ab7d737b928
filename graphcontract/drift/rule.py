"""The model of a drift rule: a kind of finding, its class and level, and an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphcontract.drift.model import Value

Class = Literal["breaking", "lifecycle", "weakened", "added", "declared", "wording", "unknown"]
Level = Literal["err", "warn", "info"]

LEVELS: dict[Class, Level] = {
    "breaking": "err",
    "lifecycle": "warn",
    "weakened": "warn",
    "added": "info",
    "declared": "info",
    "wording": "info",
    "unknown": "err",
}


@dataclass(frozen=True, slots=True)
class Example:
    """The value of a fact before and after; None means that the source does not state the fact."""

    fact: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. `stricter` replaces the level of its class for a few rules."""

    id: str
    cls: Class
    means: str
    do: str
    example: Example | str
    stricter: Level | None = None

    @property
    def level(self) -> Level:
        """The level of a finding of this rule: err, warn or info."""
        return self.stricter or LEVELS[self.cls]
