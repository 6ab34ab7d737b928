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
from graphcontract.inputs.id_texts import SIMILAR
from graphcontract.inputs.partitions import Partitions

_OPAQUE = ("opaque", "digits", "many-digits", "null-like", "boolean-like")
_MOST_TIMES = 40  # repetitions of one call


def calls(contract: Contract) -> Partitions[Call]:
    """Draw usable calls: each class of values ("id:…") with plain tokens, of tokens ("token:…") with plain
    values. A class of values is drawn for all parameters whose schema allows it at once.
    """
    drawn = _draw_values(contract, ids.PathNames.of(contract)).rename("id:{}")
    return _with_plain_tokens(contract, drawn) | _with_plain_values(contract, tokens.tokens())


def guid_calls(contract: Contract) -> Partitions[Call]:
    """Draw ordinary calls, in the one class "guid": GUIDs, or what the schemas allow instead."""
    return _with_plain_tokens(contract, Partitions({"guid": _draw_plain(contract)}))


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
    return _with_plain_tokens(contract, usable.only(*(name for name in _OPAQUE if name in usable)))


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
    drawn = _replace_one(contract, ids.control_task_ids(), names).rename("id:{}")
    return _with_plain_tokens(contract, drawn) | _with_plain_values(contract, tokens.control_tokens())


def similar_arguments(contract: Contract) -> dict[str, list[dict[str, str]]]:
    """List the values of each class of similar ids, for the first parameter that may be any text; no class
    without one.
    """
    plain = {"type": "string", "minLength": 1}
    free = [
        name
        for name, schema in _parameters(contract)
        if all(plain.get(key) == value for key, value in schema.items() if key != "description")
    ]
    return {name: [{free[0]: text} for text in texts] for name, texts in SIMILAR.items() if free}


def plain_arguments(contract: Contract, values: Sequence[str]) -> dict[str, str]:
    """Give the parameters these values, in order; one that an earlier parameter has is changed."""
    found: dict[str, str] = {}
    for index, ((name, schema), value) in enumerate(zip(_parameters(contract), values, strict=True)):
        taken = value in found.values()
        found[name] = ids.distinguish(value, index, schema) if taken else value
    return found


_Row = tuple[str, ...]
"""A value for each parameter, in order."""


def _parameters(contract: Contract) -> Sequence[tuple[str, Mapping[str, Any]]]:
    return tuple(contract.request.parameters.items())


def _draw_plain(contract: Contract) -> SearchStrategy[_Row]:
    return st.tuples(*_draw_each(contract))


def _draw_each(contract: Contract) -> Sequence[SearchStrategy[str]]:
    return [ids.plain(schema) for _, schema in _parameters(contract)]


def _draw_values(contract: Contract, names: ids.PathNames) -> Partitions[_Row]:
    """Draw values of each class that the schema of any parameter allows, and plain ones for the others."""
    plain = _draw_each(contract)
    drawn = [ids.task_ids(schema, names) for _, schema in _parameters(contract)]
    classes = dict.fromkeys(name for each in drawn for name in each)
    return Partitions({name: _list_rows(name, drawn) or _draw_rows(name, drawn, plain) for name in classes})


def _list_rows(name: str, drawn: Sequence[Partitions[str]]) -> list[_Row]:
    """List each value of a class once for each parameter; none if one of them does not list the class."""
    listed = [each.listed.get(name, ()) for each in drawn]
    return [_make_row(listed, start) for start in range(max(map(len, listed)))] if all(listed) else []


def _make_row(listed: Sequence[Sequence[str]], start: int) -> _Row:
    """Take a value from each list, the first from `start` on that the row does not have, if there is one."""
    row: list[str] = []
    for values in listed:
        turned = [values[(start + index) % len(values)] for index in range(len(values))]
        row.append(next((value for value in turned if value not in row), turned[0]))
    return tuple(row)


def _draw_rows(
    name: str, drawn: Sequence[Partitions[str]], plain: Sequence[SearchStrategy[str]]
) -> SearchStrategy[_Row]:
    return st.tuples(*(each.get(name, other) for each, other in zip(drawn, plain, strict=True)))


def _replace_one(contract: Contract, classes: Partitions[str], names: Sequence[str]) -> Partitions[_Row]:
    """Draw each class for each of these parameters, with plain values for the others."""
    plain, parameters = _draw_each(contract), _parameters(contract)
    return Partitions(
        {
            name if len(parameters) == 1 else f"{name} {parameter}": st.tuples(
                *(
                    value if each == parameter else other
                    for (each, _), other in zip(parameters, plain, strict=True)
                )
            )
            for name, value in classes.items()
            for parameter in names
        }
    )


def _with_plain_tokens(contract: Contract, classes: Partitions[_Row]) -> Partitions[Call]:
    """Draw a token for each drawn row. One for a listed row follows from it: each row is called once."""
    plain = tokens.plain()
    return Partitions(
        {
            name: [
                _make_call(contract, row, tokens.derive_plain("/".join(row))) for row in classes.listed[name]
            ]
            if name in classes.listed
            else _draw_calls(contract, rows, plain)
            for name, rows in classes.items()
        }
    )


def _with_plain_values(contract: Contract, classes: Partitions[str]) -> Partitions[Call]:
    """Draw values for each drawn token; those for a listed token follow from it, if they can be GUIDs."""
    plain = _draw_plain(contract)
    calls: dict[str, SearchStrategy[Call] | Sequence[Call]] = {}
    for name, drawn in classes.items():
        listed = [(_derive_row(contract, token), token) for token in classes.listed.get(name, ())]
        rows = [_make_call(contract, row, token) for row, token in listed if row is not None]
        calls[f"token:{name}"] = rows or _draw_calls(contract, plain, drawn)
    return Partitions(calls)


def _derive_row(contract: Contract, text: str) -> _Row | None:
    """Derive plain values from a text; None if the schema of a parameter excludes GUIDs."""
    derived = [ids.derive_plain(f"{name} {text}", schema) for name, schema in _parameters(contract)]
    row = tuple(value for value in derived if value is not None)
    return row if len(row) == len(derived) else None


def _draw_calls(
    contract: Contract, rows: SearchStrategy[_Row], token: SearchStrategy[str]
) -> SearchStrategy[Call]:
    return st.tuples(rows, token).map(lambda drawn: _make_call(contract, *drawn))


def _make_call(contract: Contract, row: _Row, token: str) -> Call:
    return Call(contract.id, plain_arguments(contract, row), token, request=contract.request)
