"""The registry of faults, each with the clause that it violates, and of variants, which violate no MUST."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from graphcontract.errors import UserError
from graphcontract.tenant.steps import Steps

StepsClass = type[Steps]

_MODULES = ("wrong_effects", "wrong_access", "wrong_refusals", "wrong_answers", "oddities")
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Entry:
    """A fault, which `breaks` a clause, or a variant, which breaks none but may be `short_of` SHOULDs."""

    steps: StepsClass
    breaks: str = ""
    short_of: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its name, from its class's: `NoEffect` is `no-effect`."""
        return _WORD.sub("-", self.steps.__name__).lower()

    @property
    def sentence(self) -> str:
        """One sentence about its behaviour."""
        return " ".join((self.steps.__doc__ or "").split())


_entries: dict[str, Entry] = {}


def fault(breaks: str) -> Callable[[StepsClass], StepsClass]:
    """Register steps that violate one clause."""
    return lambda steps: _register(Entry(steps, breaks))


def variant(*short_of: str) -> Callable[[StepsClass], StepsClass]:
    """Register unusual steps that violate no MUST, with the SHOULDs that they do not meet."""
    return lambda steps: _register(Entry(steps, "", frozenset(short_of)))


def entries() -> tuple[Entry, ...]:
    """Every fault and variant."""
    for module in _MODULES:
        import_module(f"graphcontract.tenant.{module}")
    return tuple(_entries.values())


def faults() -> tuple[Entry, ...]:
    """Every fault, ordered by clause."""
    return tuple(entry for entry in entries() if entry.breaks)


def variants() -> tuple[Entry, ...]:
    """Every variant."""
    return tuple(entry for entry in entries() if not entry.breaks)


def find_steps(name: str | None) -> StepsClass:
    """The steps of a fault or a variant, or the conforming ones for None; `UserError` for an unknown name."""
    if name is None:
        return Steps
    names = {entry.name: entry for entry in entries()}
    if name not in names:
        near = "".join(f" Did you mean {each}?" for each in get_close_matches(name, names, 1))
        raise UserError(f"{name[:60]!r} is not a fault or a variant.{near} List them with --list-faults.")
    return names[name].steps


def _register(entry: Entry) -> StepsClass:
    assert _entries.setdefault(entry.name, entry) is entry, f"{entry.name} is registered twice"
    return entry.steps
