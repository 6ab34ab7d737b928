"""Which sample clients `make test` runs: a few of each clause that together show what all of them show.

Chosen by the record of `tests/golden/`, so that nobody keeps a second list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tests.sample_clients.registry import Entry

Feature = tuple[str, object]
_LEAST = 2  # a clause: with one, a clause function that knows only that client would pass


def selected(entries: Iterable[Entry], records: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The ids of every quirky client, and of faulty clients of each clause: at least two, each kind of
    violation that any of them shows, and each class of input that is the only one in which some fault shows.

    A client without a record is always among them.
    """
    chosen = {entry.id for entry in entries if not entry.violates or entry.id not in records}
    clauses = defaultdict[str, list[Entry]](list)
    for entry in entries:
        if entry.violates and entry.id in records:
            clauses[entry.violates].append(entry)
    for clients in clauses.values():
        shown = {entry.id: features(records[entry.id]) for entry in clients}
        chosen.update(_cover(sorted(clients, key=lambda entry: (entry.rare, entry.slug)), shown))
    return frozenset(chosen)


def features(record: Mapping[str, Any]) -> frozenset[Feature]:
    """What a faulty client shows: its kinds of violation, and its class of input where there is only one."""
    kinds: set[Feature] = {("kind", kind) for kind in record["kinds"]}
    inputs = record["inputs"]
    return frozenset(kinds | ({("input", inputs[0])} if len(inputs) == 1 else set()))


def _cover(clients: list[Entry], shown: Mapping[str, frozenset[Feature]]) -> set[str]:
    """Clients that show every feature: next is always the one that adds most, of equals the first."""
    chosen: list[str] = []
    missing = frozenset[Feature]().union(*shown.values())
    while missing:
        best = max(clients, key=lambda entry: len(shown[entry.id] & missing))
        chosen.append(best.id)
        missing -= shown[best.id]
    others = [entry.id for entry in clients if entry.id not in chosen]
    return {*chosen, *others[: max(0, _LEAST - len(chosen))]}
