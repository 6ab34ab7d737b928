"""Sequences of calls: each its own id and token, or one of the two in common."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from urllib.parse import unquote

import pytest

from graphcontract.inputs.call_sequences import Planned, at_once, sequences

from . import contract, draws

Drawn = list[Planned]


def several(drawn: Drawn) -> tuple[int, int, int]:
    """How many calls, ids and tokens there are."""
    return len(drawn), len({it.call.task_id for it in drawn}), len({it.call.token for it in drawn})


@pytest.mark.parametrize("name", ["successes", "failures", "after-failure", "roots"])
def test_each_call_has_its_own_id_and_token(name: str) -> None:
    for drawn in draws(sequences(contract())[name], 20):
        count, ids, tokens = several(drawn)
        assert 2 <= count == ids == tokens <= 12


def test_the_same_id() -> None:
    for strategy in (sequences(contract())["same-id"], at_once(contract())["same-id"]):
        for count, ids, tokens in map(several, draws(strategy, 20)):
            assert (ids, tokens) == (1, count)


def test_the_same_token() -> None:
    for count, ids, tokens in map(several, draws(sequences(contract())["same-token"], 20)):
        assert (ids, tokens) == (count, 1)


def test_failures_and_roots_change_on_the_way() -> None:
    failing = draws(sequences(contract())["same-id"], 20)
    assert any(len({it.status for it in drawn}) > 1 for drawn in failing)
    aside = draws(sequences(contract())["roots"], 20)
    assert any(len({it.aside for it in drawn}) > 1 for drawn in aside)


def test_no_more_at_once_than_a_client_may_hold() -> None:
    assert max(len(drawn) for drawn in draws(at_once(contract()).any(), 50)) <= 8


@pytest.mark.parametrize("name", ["similar-guids", "similar-ids", "similar-tokens"])
def test_similar_values_differ(name: str) -> None:
    for drawn in draws(sequences(contract())[name], 5):
        count, ids, tokens = several(drawn)
        assert 5 <= count == ids == tokens <= 12
        assert all(it.status is None and not it.aside for it in drawn)


@pytest.mark.parametrize("name", ["similar-guids", "similar-ids"])
def test_no_similar_id_is_what_a_client_may_make_of_another(name: str) -> None:
    """In lower case, trimmed, normalized, decoded or as a number, an id is another call's in no case."""
    ids = {it.call.task_id for it in draws(sequences(contract())[name], 1)[0]}
    for id in ids:
        made = {id.lower(), id.upper(), id.strip(), unicodedata.normalize("NFC", id), unquote(id)}
        made |= {unicodedata.normalize("NFD", id), str(float(id)) if id[0].isdigit() and len(id) < 9 else id}
        assert made & ids <= {id}


def test_no_similar_ids_where_a_schema_limits_them() -> None:
    limited = contract()
    schema = {"type": "string", "maxLength": 40}
    parameters = dict.fromkeys(limited.request.parameters, schema)
    limited = replace(limited, request=replace(limited.request, parameters=parameters))
    assert {"similar-guids", "similar-ids"}.isdisjoint(sequences(limited))
    assert "similar-tokens" in sequences(limited)
