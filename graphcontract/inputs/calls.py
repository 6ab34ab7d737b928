"""Draws calls of the operation under contract by input class: an id for its one parameter, and a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.contract.model import Contract
from graphcontract.exchange import Call
from graphcontract.inputs import ids, tokens
from graphcontract.inputs.partitions import Partitions

_OPAQUE = ("opaque", "digits", "many-digits", "null-like", "boolean-like")
_MOST_TIMES = 40  # repetitions of one call


def calls(contract: Contract) -> Partitions[Call]:
    """Draw usable calls: each class of ids ("id:…") with plain tokens, of tokens ("token:…") with
    plain ids.
    """
    schema = _parameter(contract)[1]
    return _combine(contract, ids.task_ids(schema, ids.PathNames.of(contract)), tokens.tokens())


def guid_calls(contract: Contract) -> Partitions[Call]:
    """Draw ordinary calls, in the one class "guid": a GUID, or what the schema allows instead."""
    schema = _parameter(contract)[1]
    return _with_ids(contract, Partitions({"guid": ids.plain(schema)}))


def repeated_calls(contract: Contract) -> Partitions[list[Call]]:
    """Draw an ordinary call that is made twice or many times, in the one class "repeated"."""
    times = st.integers(2, _MOST_TIMES)
    drawn = st.tuples(guid_calls(contract)["guid"], times)
    return Partitions({"repeated": drawn.map(lambda drawn: [drawn[0]] * drawn[1])})


def opaque_calls(contract: Contract) -> Partitions[Call]:
    """Draw calls whose id is not a GUID and needs no encoding: mostly letters and digits.

    Classes that the schema excludes are missing, perhaps all.
    """
    usable = ids.task_ids(_parameter(contract)[1])
    names = [name for name in _OPAQUE if name in usable]
    return _with_ids(contract, usable.only(*names))


def unusable_calls(contract: Contract) -> Partitions[Call]:
    """Draw calls whose id is empty or a dot segment."""
    return _with_ids(contract, ids.unusable_task_ids())


def control_calls(contract: Contract) -> Partitions[Call]:
    """Draw calls with control characters in the id ("id:…") or in the token ("token:…")."""
    return _combine(contract, ids.control_task_ids(), tokens.control_tokens())


def _parameter(contract: Contract) -> tuple[str, Mapping[str, Any]]:
    ((name, schema),) = contract.request.parameters.items()
    return name, schema


def _combine(
    contract: Contract, id_classes: Partitions[str], token_classes: Partitions[str]
) -> Partitions[Call]:
    by_id = {f"id:{name}": _draw_calls(contract, id, tokens.plain()) for name, id in id_classes.items()}
    plain = ids.plain(_parameter(contract)[1])
    by_token = {f"token:{name}": _draw_calls(contract, plain, token) for name, token in token_classes.items()}
    return Partitions({**by_id, **by_token})


def _with_ids(contract: Contract, id_classes: Partitions[str]) -> Partitions[Call]:
    return Partitions({name: _draw_calls(contract, id, tokens.plain()) for name, id in id_classes.items()})


def _draw_calls(
    contract: Contract, id: SearchStrategy[str], token: SearchStrategy[str]
) -> SearchStrategy[Call]:
    name, _ = _parameter(contract)
    return st.tuples(id, token).map(
        lambda drawn: Call(contract.id, {name: drawn[0]}, drawn[1], request=contract.request)
    )
