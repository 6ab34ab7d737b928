"""What a rule of drift is: a kind of finding, its class and level, and an example.

Knows no source and no rule.
"""

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
    """A fact before and after; `dropped` and `new` stand for silence on one side."""

    fact: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. `level` is its class's but for a few."""

    id: str
    cls: Class
    means: str
    do: str
    example: Example | str
    stricter: Level | None = None

    @property
    def level(self) -> Level:
        """How bad a finding of the rule is."""
        return self.stricter or LEVELS[self.cls]
