"""The register of faults, each with the clause that it breaks, and of variants, which break none at MUST."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from graphcontract.errors import UserError
from graphcontract.tenant.steps import Steps

Kind = type[Steps]

_MODULES = ("wrong_effects", "wrong_access", "wrong_refusals", "wrong_answers", "oddities")
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Entry:
    """A way to answer. A fault `breaks` a clause; a variant breaks none, and may be `short_of` a SHOULD."""

    steps: Kind
    breaks: str = ""
    short_of: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its name, made of its class's: `NoEffect` is `no-effect`."""
        return _WORD.sub("-", self.steps.__name__).lower()

    @property
    def sentence(self) -> str:
        """What it does."""
        return " ".join((self.steps.__doc__ or "").split())


_entries: dict[str, Entry] = {}


def fault(breaks: str) -> Callable[[Kind], Kind]:
    """Register steps that break one clause."""
    return lambda steps: _kept(Entry(steps, breaks))


def variant(*short_of: str) -> Callable[[Kind], Kind]:
    """Register steps that are odd and break no MUST, with the SHOULDs that they fall short of."""
    return lambda steps: _kept(Entry(steps, "", frozenset(short_of)))


def entries() -> tuple[Entry, ...]:
    """Every fault and variant."""
    for module in _MODULES:
        import_module(f"graphcontract.tenant.{module}")
    return tuple(_entries.values())


def faults() -> tuple[Entry, ...]:
    """Every fault, clause by clause."""
    return tuple(entry for entry in entries() if entry.breaks)


def variants() -> tuple[Entry, ...]:
    """Every variant."""
    return tuple(entry for entry in entries() if not entry.breaks)


def behaviour(name: str | None) -> Kind:
    """The steps of a fault or a variant, the contract's own for None; `UserError` for an unknown name."""
    if name is None:
        return Steps
    names = {entry.name: entry for entry in entries()}
    if name not in names:
        near = "".join(f" Did you mean {each}?" for each in get_close_matches(name, names, 1))
        raise UserError(f"there is no fault {name[:60]!r}.{near} Use --list-faults to see all of them.")
    return names[name].steps


def _kept(entry: Entry) -> Kind:
    assert _entries.setdefault(entry.name, entry) is entry, f"{entry.name} stands there twice"
    return entry.steps
