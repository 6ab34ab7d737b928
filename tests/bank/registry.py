"""The bank's register: faulty clients with the clause that each breaks, and oddities that break no MUST."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.bank.client import Conforming

Kind = type[Conforming]


@dataclass(frozen=True)
class Entry:
    """A client of the bank; `rare` marks what only rare inputs show. `also` are clauses that a fault breaks
    besides the one it is for, or SHOULDs that an oddity falls short of; an oddity `breaks` none, hence "".
    `shown_by` names tests, or cases of tests whose calls wait, where the others would only cost time.
    """

    client: Kind
    breaks: str
    also: frozenset[str] = frozenset()
    transport: str = "loopback"
    rare: bool = False
    shown_by: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.client.__name__


FAULTS: list[Entry] = []
ODDITIES: list[Entry] = []


def fault(
    breaks: str, *also: str, transport: str = "loopback", rare: bool = False, shown_by: Iterable[str] = ()
) -> Callable[[Kind], Kind]:
    """Register a deviation of the conforming client by the clause that it breaks."""

    def register(client: Kind) -> Kind:
        FAULTS.append(Entry(client, breaks, frozenset(also), transport, rare, frozenset(shown_by)))
        return client

    return register


def oddity(
    *short_of: str, transport: str = "loopback", shown_by: Iterable[str] = ()
) -> Callable[[Kind], Kind]:
    """Register a client that is strange and breaks no MUST, with the SHOULDs that it falls short of."""

    def register(client: Kind) -> Kind:
        ODDITIES.append(Entry(client, "", frozenset(short_of), transport, shown_by=frozenset(shown_by)))
        return client

    return register
