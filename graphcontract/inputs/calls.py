"""Calls of the action under contract, a class of input each: an id for its one parameter, and a token.

Knows the contract, ids and tokens; nothing of where a call goes or what becomes of it.
"""

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
_MOST_TIMES = 40


def calls(contract: Contract) -> Partitions[Call]:
    """Draw usable calls: classes of id ("id:…") with a plain token, of token ("token:…") with a plain id."""
    schema = _parameter(contract)[1]
    return _of(contract, ids.task_ids(schema), tokens.tokens())


def guid_calls(contract: Contract) -> Partitions[Call]:
    """Draw ordinary calls, in the one class "guid": a GUID, or what the schema admits instead."""
    schema = _parameter(contract)[1]
    return _with_ids(contract, Partitions({"guid": ids.plain(schema)}))


def repeated_calls(contract: Contract) -> Partitions[list[Call]]:
    """Draw an ordinary call that is made twice or many times, in the one class "repeated"."""
    times = st.integers(2, _MOST_TIMES)
    drawn = st.tuples(guid_calls(contract)["guid"], times)
    return Partitions({"repeated": drawn.map(lambda drawn: [drawn[0]] * drawn[1])})


def opaque_calls(contract: Contract) -> Partitions[Call]:
    """Draw calls whose id is no GUID and easy to send: letters and digits, with few exceptions.

    There is no class where the schema admits none of them.
    """
    usable = ids.task_ids(_parameter(contract)[1])
    names = [name for name in _OPAQUE if name in usable]
    return _with_ids(contract, usable.only(*names))


def unusable_calls(contract: Contract) -> Partitions[Call]:
    """Draw calls whose id is empty or a dot segment."""
    return _with_ids(contract, ids.unusable_task_ids())


def control_calls(contract: Contract) -> Partitions[Call]:
    """Draw calls with control characters in the id ("id:…") or in the token ("token:…")."""
    return _of(contract, ids.control_task_ids(), tokens.control_tokens())


def _parameter(contract: Contract) -> tuple[str, Mapping[str, Any]]:
    ((name, schema),) = contract.request.parameters.items()
    return name, schema


def _of(contract: Contract, id_classes: Partitions[str], token_classes: Partitions[str]) -> Partitions[Call]:
    by_id = {f"id:{name}": _drawn(contract, id, tokens.plain()) for name, id in id_classes.items()}
    plain = ids.plain(_parameter(contract)[1])
    by_token = {f"token:{name}": _drawn(contract, plain, token) for name, token in token_classes.items()}
    return Partitions({**by_id, **by_token})


def _with_ids(contract: Contract, id_classes: Partitions[str]) -> Partitions[Call]:
    return Partitions({name: _drawn(contract, id, tokens.plain()) for name, id in id_classes.items()})


def _drawn(contract: Contract, id: SearchStrategy[str], token: SearchStrategy[str]) -> SearchStrategy[Call]:
    name, _ = _parameter(contract)
    return st.tuples(id, token).map(lambda drawn: Call(contract.id, {name: drawn[0]}, drawn[1]))
