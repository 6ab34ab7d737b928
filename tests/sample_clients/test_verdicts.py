"""Each faulty client violates its clause and no other, each quirky one only the SHOULDs that it declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import hypothesis
import pytest

from graphcontract.run.suite_tests import suite_tests
from tests import golden
from tests.golden.clients import evidence
from tests.sample_clients.registry import Entry, entries, faulty_clients, quirky_clients
from tests.sample_clients.selection import features, selected
from tests.sample_clients.verdicts import CONTRACT, errors, prepared, run, violated

RECORDED = golden.read("clients.json")
RECORDS = RECORDED["clients"]
SAME_DRAWS = hypothesis.__version__ == RECORDED["hypothesis"]  # another version may draw other inputs
BY_THE_CLOCK = {"transport.timeout"}  # late or never: on a busy machine the one looks like the other
BY_CHANCE = {"calls.concurrent"}  # which of its violations are seen depends on threads
AFTER_OTHERS = {"retry.throttled:three-retries-in-its-life"}  # shows its fault after many calls only
ENOUGH = 8  # classes of input, of up to 95 that show the same violation
OF_PROCESSES = {"calls.surroundings"}  # its faulty clients are processes: test_surroundings.py
# Those that have all tests come first: they share out the diagonals of these, by their numbers.
QUIRKY = sorted(quirky_clients(), key=lambda entry: bool(entry.shown_by))
IDS = [entry.id for entry in QUIRKY]
SELECTED = selected(entries(), RECORDS)
CHOSEN = [entry for entry in faulty_clients() if entry.id in SELECTED]


def is_faulty_as_recorded(entry: Entry, inputs: Collection[str] | None) -> None:
    parts = run(entry, inputs=inputs)
    assert not errors(parts)
    assert entry.violates in violated(parts)
    assert violated(parts) <= {entry.violates, *entry.also}
    assert entry.id in RECORDS, "record it: python -m tests.golden --missing"
    found, recorded = evidence(entry, parts), RECORDS[entry.id]["evidence"]
    if entry.violates in BY_THE_CLOCK | BY_CHANCE:
        assert set(found.split()) & set(recorded.split())
    elif SAME_DRAWS:
        assert found == recorded


@pytest.mark.parametrize("entry", [pytest.param(each, id=each.id) for each in CHOSEN])
def test_faulty_client_violates_its_clause_alone(entry: Entry) -> None:
    """On the inputs that show its fault. That it conforms on others is nightly: those of quirky clients show
    that the clauses pass what is allowed.
    """
    limited = SAME_DRAWS and entry.id in RECORDS and entry.id not in AFTER_OTHERS
    is_faulty_as_recorded(entry, _showing(RECORDS[entry.id]) if limited else None)


def _showing(record: Mapping[str, Any]) -> Sequence[str]:
    """Classes of input that show all violations of a record: where there is one violation only, each of them
    shows it, and a few are enough.
    """
    inputs: list[str] = record["inputs"]
    return inputs if " " in record["evidence"] else inputs[:: -(-len(inputs) // ENOUGH)]


@pytest.mark.nightly
@pytest.mark.parametrize("entry", [pytest.param(each, id=each.id) for each in faulty_clients()])
def test_faulty_client_violates_its_clause_alone_on_all_inputs(entry: Entry) -> None:
    is_faulty_as_recorded(entry, None)


def is_quirky_as_declared(entry: Entry, diagonal: int | None) -> None:
    assert all(CONTRACT.clauses[id].level == "SHOULD" for id in entry.also)
    parts = run(entry, diagonal=diagonal)
    assert not errors(parts)
    assert sorted(violated(parts)) == sorted(entry.also) == RECORDS[entry.id]["should"]


@pytest.mark.parametrize(("diagonal", "entry"), list(enumerate(QUIRKY)), ids=IDS)
def test_quirky_client_violates_what_it_declares_alone(diagonal: int, entry: Entry) -> None:
    """Each client has another part of the inputs, and all of those that its quirk depends on. Together they
    have every combination.
    """
    is_quirky_as_declared(entry, diagonal)


@pytest.mark.nightly
@pytest.mark.parametrize("entry", QUIRKY, ids=IDS)
def test_quirky_client_violates_what_it_declares_alone_on_all_inputs(entry: Entry) -> None:
    is_quirky_as_declared(entry, None)


def test_quirky_clients_together_have_every_combination_and_each_class_often() -> None:
    for test in prepared():
        parts = [
            (entry, test.limit(number, whole=test.name in entry.whole).inputs)
            for number, entry in enumerate(QUIRKY)
            if not entry.shown_by or test.name in entry.shown_by
        ]
        assert {name for _, part in parts for name in part} == set(test.inputs), test.name
        assert {len(part) for entry, part in parts if test.name in entry.whole} <= {
            max(test.sizes, default=1)
        }, test.name
        places = dict(zip(test.inputs, product(*map(range, test.sizes)), strict=True))
        classes = Counter(place for _, part in parts for place in {*_each_class(places, part)})
        assert not classes or min(classes.values()) >= 15, test.name


def _each_class(places: Mapping[str, tuple[int, ...]], part: Iterable[str]) -> Iterator[tuple[int, int]]:
    """The classes of the sources, each with the number of its source, that are in a part of the inputs."""
    return (place for name in part for place in enumerate(places[name]))


def test_ids_are_unique() -> None:
    slugs = [entry.slug for entry in entries()]
    assert len(set(slugs)) == len(slugs)


def test_each_faulty_client_is_in_the_module_of_its_clause() -> None:
    for entry in faulty_clients():
        module = entry.client.__module__.removeprefix("tests.sample_clients.faulty.").partition(".")[0]
        # Those over HTTP/2 of other clauses are few of each: together, by subject.
        together = {"over_http2"} if not entry.violates.startswith("http2.") else set()
        own = {entry.violates.replace(".", "_").replace("-", "_")} if entry.transport != "http2" else set()
        assert module in together | own, entry.id


def test_every_clause_of_a_client_has_faulty_clients_that_show_all_its_recorded_kinds() -> None:
    tested = {clause for test in suite_tests() for clause in test.proves} & CONTRACT.clauses.keys()
    tested -= OF_PROCESSES
    assert tested == {entry.violates for entry in faulty_clients()}
    for clause in tested:
        ids = [entry.id for entry in faulty_clients() if entry.violates == clause]
        chosen = [id for id in ids if id in SELECTED]
        assert len(chosen) >= min(2, len(ids)), clause
        shown = frozenset().union(*(features(RECORDS[id]) for id in ids))
        assert frozenset().union(*(features(RECORDS[id]) for id in chosen)) == shown, clause


def test_records_are_of_these_clients() -> None:
    assert RECORDS.keys() == {entry.id for entry in entries()}
