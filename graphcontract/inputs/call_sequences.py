"""Draws sequences of calls with the response to each, to find state that leaks from one call into another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.contract.model import Contract
from graphcontract.exchange import Call
from graphcontract.inputs.calls import guid_calls, similar_arguments
from graphcontract.inputs.partitions import Partitions
from graphcontract.inputs.tokens import CANARY

_LENGTH = 12  # most calls of a sequence
_AT_ONCE = 8  # most concurrent calls
_FAILURES = (404, 409, 500, 400, 403, 401)
# Java's hash code takes the first two for the same, letter case aside the third is the first, and the others
# begin and end alike.
_SIMILAR_TOKENS = tuple(f"{CANARY}.0{part}.c2lnbmF0dXJlMQ" for part in ("Aa", "BB", "aA", "10Aa", "01Aa"))


@dataclass(frozen=True, slots=True)
class Planned:
    """A call of a sequence: `status` is the status code of its error response, None for success; `aside`
    sends it to another root than the calls before.
    """

    call: Call
    status: int | None = None
    aside: bool = False


def sequences(contract: Contract) -> Partitions[list[Planned]]:
    """Draw up to 12 calls: successes, failures, changing roots. Each has its own id and token, except in the
    classes in which all share the id, share the token, or have tokens that are renewals of each other, and
    in those whose ids or tokens a cache may take for the same.
    """
    mixed = _draw_sequences(contract, st.sampled_from((None, *_FAILURES)), st.just(False))
    roots = _draw_sequences(contract, st.none(), st.booleans())
    return Partitions(
        {
            "successes": _draw_sequences(contract, st.none(), st.just(False)),
            "failures": _draw_sequences(contract, st.sampled_from((*_FAILURES, None)), st.just(False)),
            "after-failure": mixed,
            "roots": roots,
            "same-id": mixed.map(_with_same_id),
            "same-token": mixed.map(_with_same_token),
            "same-id-elsewhere": roots.map(_with_same_id),
            "same-token-elsewhere": roots.map(_with_same_token),
            "renewed": mixed.map(_with_renewed_tokens),
            **{
                name: _draw_successes(contract, len(rows)).map(partial(_with_arguments, rows))
                for name, rows in similar_arguments(contract).items()
            },
            "similar-tokens": _draw_successes(contract, len(_SIMILAR_TOKENS)).map(_with_similar_tokens),
        }
    )


def at_once(contract: Contract) -> Partitions[list[Planned]]:
    """Draw concurrent calls, each with its own id and token, or all with the same id."""
    several = _draw_sequences(contract, st.sampled_from((None, *_FAILURES)), st.just(False), _AT_ONCE)
    return Partitions({"at-once": several, "same-id": several.map(_with_same_id)})


def _with_same_id(sequence: list[Planned]) -> list[Planned]:
    arguments = sequence[0].call.arguments
    return [replace(each, call=replace(each.call, arguments=arguments)) for each in sequence]


def _with_same_token(sequence: list[Planned]) -> list[Planned]:
    token = sequence[0].call.token
    return [replace(each, call=replace(each.call, token=token)) for each in sequence]


def _with_renewed_tokens(sequence: list[Planned]) -> list[Planned]:
    """Give tokens that differ only in their last part, as those issued to one user in succession do."""
    renewed = [f"{CANARY}.eyJzdWIiOiJvbmUgdXNlciJ9.{number}" for number in range(len(sequence))]
    return [
        replace(each, call=replace(each.call, token=token))
        for each, token in zip(sequence, renewed, strict=True)
    ]


def _with_arguments(rows: Sequence[Mapping[str, str]], sequence: list[Planned]) -> list[Planned]:
    return [
        replace(each, call=replace(each.call, arguments={**each.call.arguments, **row}))
        for each, row in zip(sequence, rows, strict=True)
    ]


def _with_similar_tokens(sequence: list[Planned]) -> list[Planned]:
    return [
        replace(each, call=replace(each.call, token=token))
        for each, token in zip(sequence, _SIMILAR_TOKENS, strict=True)
    ]


def _draw_successes(contract: Contract, length: int) -> SearchStrategy[list[Planned]]:
    """Draw as many successful calls."""
    return _draw_sequences(contract, st.none(), st.just(False), length, least=length)


def _draw_sequences(
    contract: Contract,
    statuses: SearchStrategy[int | None],
    asides: SearchStrategy[bool],
    length: int = _LENGTH,
    least: int = 2,
) -> SearchStrategy[list[Planned]]:
    one = st.builds(Planned, guid_calls(contract)["guid"], statuses, asides)
    return st.lists(one, min_size=least, max_size=length, unique_by=(_id, _token))


def _id(planned: Planned) -> object:
    return tuple(planned.call.arguments.values()) or _token(planned)


def _token(planned: Planned) -> str:
    return planned.call.token
