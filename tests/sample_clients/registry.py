"""Every faulty client with the clause that it violates, and every quirky client, which conforms."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from tests.sample_clients import faulty as faulty_package
from tests.sample_clients import quirky as quirky_package
from tests.sample_clients.bases.conforming import Conforming

Kind = type[Conforming]

_WORD = re.compile("JavaScript|(?:Base|Http|Int|Latin|Version)[0-9]+|[A-Z][a-z]*|[0-9]+")


@dataclass(frozen=True)
class Entry:
    """A client with what is expected of it. `violates` is a faulty client's clause, "" for a quirky one;
    `also` are clauses that the same fault violates, or SHOULDs that a quirky client does not meet. `rare`
    marks a fault that only the profile `gate` is sure to find. `shown_by` names the tests, or cases of tests,
    that are run, where the others would only cost time. `varies_in` names those tests whose inputs decide
    whether the quirk of a quirky client shows, or how: `make test` gives it all classes of these, and of
    others a part. If it is empty, that holds for all of `shown_by`.
    """

    client: Kind
    violates: str
    also: frozenset[str] = frozenset()
    transport: str = "loopback"
    rare: bool = False
    shown_by: frozenset[str] = frozenset()
    varies_in: frozenset[str] = frozenset()

    @property
    def slug(self) -> str:
        """The name of the client's class in lower case, with hyphens."""
        return "-".join(_WORD.findall(self.client.__name__)).lower()

    @property
    def id(self) -> str:
        """What a failing test is called: clause and slug, or `quirky` and slug."""
        return f"{self.violates}:{self.slug}" if self.violates else f"quirky:{self.slug}"

    @property
    def whole(self) -> frozenset[str]:
        """The tests of which `make test` gives a quirky client every class."""
        return self.varies_in or self.shown_by

    @property
    def profile(self) -> str:
        """The profile that it is run at."""
        return "gate" if self.rare else "quick"


_entries: list[Entry] = []


def faulty(
    violates: str, *also: str, transport: str = "loopback", rare: bool = False, shown_by: Iterable[str] = ()
) -> Callable[[Kind], Kind]:
    """Register a client that differs in one thing from a conforming one, by the clause that it violates."""

    def register(client: Kind) -> Kind:
        _entries.append(Entry(client, violates, frozenset(also), transport, rare, frozenset(shown_by)))
        return client

    return register


def quirky(
    *short_of: str,
    transport: str = "loopback",
    shown_by: Iterable[str] = (),
    varies_in: Iterable[str] = (),
) -> Callable[[Kind], Kind]:
    """Register a client that is unusual and violates no MUST, with the SHOULDs that it does not meet."""

    def register(client: Kind) -> Kind:
        _entries.append(
            Entry(
                client,
                "",
                frozenset(short_of),
                transport,
                shown_by=frozenset(shown_by),
                varies_in=frozenset(varies_in),
            )
        )
        return client

    return register


@cache
def entries() -> tuple[Entry, ...]:
    """All of them, the faulty ones first, in the same order in every process."""
    for package in (faulty_package, quirky_package):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    return tuple(sorted(_entries, key=lambda entry: (not entry.violates, entry.violates, entry.slug)))


def faulty_clients() -> list[Entry]:
    """The faulty clients, by clause."""
    return [entry for entry in entries() if entry.violates]


def quirky_clients() -> list[Entry]:
    """The quirky clients."""
    return [entry for entry in entries() if not entry.violates]
