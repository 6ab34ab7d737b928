"""Draws calls of the operation under contract by input class: a value for each parameter, and a token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.contract.model import Contract
from graphcontract.exchange import Call
from graphcontract.http.request_target import Template
from graphcontract.inputs import ids, tokens
from graphcontract.inputs.partitions import Partitions

_OPAQUE = ("opaque", "digits", "many-digits", "null-like", "boolean-like")
_MOST_TIMES = 40  # repetitions of one call


def calls(contract: Contract) -> Partitions[Call]:
    """Draw usable calls: each class of values ("id:…") with plain tokens, of tokens ("token:…") with plain
    values. A class of values is drawn for all parameters whose schema allows it at once.
    """
    drawn = {f"id:{name}": each for name, each in _draw_values(contract, ids.PathNames.of(contract)).items()}
    return _with_plain_tokens(contract, drawn) | _with_plain_values(contract, tokens.tokens())


def guid_calls(contract: Contract) -> Partitions[Call]:
    """Draw ordinary calls, in the one class "guid": GUIDs, or what the schemas allow instead."""
    return _with_plain_tokens(contract, {"guid": _draw_plain(contract)})


def repeated_calls(contract: Contract) -> Partitions[list[Call]]:
    """Draw an ordinary call that is made twice or many times, in the one class "repeated"."""
    times = st.integers(2, _MOST_TIMES)
    drawn = st.tuples(guid_calls(contract)["guid"], times)
    return Partitions({"repeated": drawn.map(lambda drawn: [drawn[0]] * drawn[1])})


def opaque_calls(contract: Contract) -> Partitions[Call]:
    """Draw calls whose ids are not GUIDs and need no encoding: mostly letters and digits.

    Classes that the schemas exclude are missing, perhaps all.
    """
    usable = _draw_values(contract, ids.PathNames())
    return _with_plain_tokens(contract, {name: usable[name] for name in _OPAQUE if name in usable})


def unusable_calls(contract: Contract) -> Partitions[Call]:
    """Draw calls whose id is empty or a dot segment; one id at a time, as a client should reject it."""
    template = Template.of(contract)
    keys = [each.parameter for each in template.positions if each.argument is None]
    return _with_plain_tokens(contract, _replace_one(contract, ids.unusable_task_ids(), keys))


def control_calls(contract: Contract) -> Partitions[Call]:
    """Draw calls with control characters in a value ("id:…") or in the token ("token:…"); in one value at a
    time, as a client may reject it.
    """
    names = [name for name, schema in contract.request.parameters.items() if schema["type"] == "string"]
    names = names if len(contract.request.parameters) > 1 else list(contract.request.parameters)
    replaced = _replace_one(contract, ids.control_task_ids(), names)
    drawn = {f"id:{name}": each for name, each in replaced.items()}
    return _with_plain_tokens(contract, drawn) | _with_plain_values(contract, tokens.control_tokens())


def plain_arguments(contract: Contract, values: Sequence[str]) -> dict[str, str]:
    """Give the parameters these values, in order; one that an earlier parameter has is changed."""
    found: dict[str, str] = {}
    for index, ((name, schema), value) in enumerate(zip(_parameters(contract), values, strict=True)):
        taken = value in found.values()
        found[name] = ids.distinguish(value, index, schema) if taken else value
    return found


_Values = Sequence[SearchStrategy[str]]
"""A strategy for the value of each parameter, in order."""


def _parameters(contract: Contract) -> Sequence[tuple[str, Mapping[str, Any]]]:
    return tuple(contract.request.parameters.items())


def _draw_plain(contract: Contract) -> _Values:
    return [ids.plain(schema) for _, schema in _parameters(contract)]


def _draw_values(contract: Contract, names: ids.PathNames) -> dict[str, _Values]:
    """Draw values of each class that the schema of any parameter allows, and plain ones for the others."""
    plain = _draw_plain(contract)
    drawn = [ids.task_ids(schema, names) for _, schema in _parameters(contract)]
    classes = dict.fromkeys(name for each in drawn for name in each)
    return {
        name: [each.get(name, other) for each, other in zip(drawn, plain, strict=True)] for name in classes
    }


def _replace_one(contract: Contract, classes: Partitions[str], names: Sequence[str]) -> dict[str, _Values]:
    """Draw each class for each of these parameters, with plain values for the others."""
    plain, parameters = _draw_plain(contract), _parameters(contract)
    return {
        name if len(parameters) == 1 else f"{name} {parameter}": [
            value if each == parameter else other for (each, _), other in zip(parameters, plain, strict=True)
        ]
        for name, value in classes.items()
        for parameter in names
    }


def _with_plain_tokens(contract: Contract, classes: Mapping[str, _Values]) -> Partitions[Call]:
    plain = tokens.plain()
    return Partitions({name: _draw_calls(contract, each, plain) for name, each in classes.items()})


def _with_plain_values(contract: Contract, classes: Partitions[str]) -> Partitions[Call]:
    plain = _draw_plain(contract)
    return Partitions({f"token:{name}": _draw_calls(contract, plain, each) for name, each in classes.items()})


def _draw_calls(contract: Contract, values: _Values, token: SearchStrategy[str]) -> SearchStrategy[Call]:
    def make(drawn: tuple[str, ...]) -> Call:
        arguments = plain_arguments(contract, drawn[:-1])
        return Call(contract.id, arguments, drawn[-1], request=contract.request)

    return st.tuples(*values, token).map(make)
