"""The bank's register: faulty clients with the clause that each breaks, and oddities that break none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.bank.client import Conforming

Kind = type[Conforming]


@dataclass(frozen=True)
class Entry:
    """A client of the bank. `breaks` is empty for an oddity; `also` are clauses that the same fault breaks too;
    `rare` marks what only rare inputs show.
    """

    client: Kind
    breaks: str
    also: frozenset[str] = frozenset()
    transport: str = "loopback"
    rare: bool = False

    @property
    def name(self) -> str:
        return self.client.__name__


FAULTS: list[Entry] = []
ODDITIES: list[Entry] = []


def fault(breaks: str, *also: str, transport: str = "loopback", rare: bool = False) -> Callable[[Kind], Kind]:
    """Register a deviation of the conforming client by the clause that it breaks."""

    def register(client: Kind) -> Kind:
        FAULTS.append(Entry(client, breaks, frozenset(also), transport, rare))
        return client

    return register


def oddity(client: Kind) -> Kind:
    """Register a client that is strange and breaks nothing."""
    ODDITIES.append(Entry(client, ""))
    return client
