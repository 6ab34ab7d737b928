"""What is recorded of each sample client: the violations that show it, at seed 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from graphcontract.exchange import Trial
from graphcontract.judging import test_run
from graphcontract.judging.observers import FirstPass
from tests.sample_clients.registry import Entry, entries
from tests.sample_clients.verdicts import errors, evidence_ids, run, violated

Record = dict[str, Any]


@dataclass
class Seen:
    """The kinds of a clause's violations, and the classes of input in which any was seen."""

    kinds: set[str] = field(default_factory=set)
    inputs: set[str] = field(default_factory=set)


def record(entry: Entry) -> Record:
    """What `clients.json` has of a client; raises AssertionError for one whose verdicts are wrong."""
    with _seen(entry.violates) as seen:
        parts = run(entry)
    assert not errors(parts), errors(parts)
    if not entry.violates:
        assert violated(parts) == entry.also, violated(parts)
        return {"should": sorted(entry.also)}
    assert entry.violates in violated(parts), "its clause did not fail"
    return {
        "evidence": evidence(entry, parts),
        "kinds": sorted(seen.kinds),
        "inputs": sorted(seen.inputs),
    }


def record_numbered(number: int) -> tuple[str, Record | str]:
    """The id and the record of the client with this index in `entries()`, in a process of its own; a text
    instead of the record where its verdicts are wrong.
    """
    entry = entries()[number]
    try:
        return entry.id, record(entry)
    except AssertionError as error:
        return entry.id, str(error)


def evidence(entry: Entry, parts: Mapping[str, Any]) -> str:
    """The evidence ids of a faulty client, without its clause: the one that is shown, then the others."""
    return " ".join(id.rpartition("-")[2] for id in evidence_ids(parts[entry.violates]))


@contextmanager
def _seen(clause: str) -> Iterator[Seen]:
    """Note what a run sees of a clause. Reports have the class of input of the first finding alone, so this
    watches where the engine receives the trials.
    """
    seen = Seen()

    class Listening(FirstPass):
        def observe(self, trial: Trial) -> None:
            evaluator = self.evaluators.get(clause)
            before = sum(evaluator.seen.values()) if evaluator else 0
            super().observe(trial)
            if evaluator and sum(evaluator.seen.values()) > before:
                seen.inputs.add(self.cls)
                seen.kinds |= {each.finding.kind for each in evaluator.occurrences.values()}

    with mock.patch.object(test_run, "FirstPass", Listening):
        yield seen
