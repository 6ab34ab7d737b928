"""Several calls in order, with what each is answered: what one may leave behind in another.

Knows calls and statuses; nothing of how they are made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.contract.model import Contract
from graphcontract.exchange import Call
from graphcontract.inputs.calls import guid_calls
from graphcontract.inputs.partitions import Partitions
from graphcontract.inputs.tokens import CANARY

_LENGTH = 12
_AT_ONCE = 8
_FAILURES = (404, 409, 500, 400, 403, 401)


@dataclass(frozen=True, slots=True)
class Planned:
    """A call of a sequence: `status` is the error it is answered with, None for success; `aside` sends it to
    another root than the calls before.
    """

    call: Call
    status: int | None = None
    aside: bool = False


def sequences(contract: Contract) -> Partitions[list[Planned]]:
    """Draw up to a dozen calls: successes, failures, changing roots. Each has its own id and token, but where
    all have the same id, or the same token, or tokens that are one another renewed.
    """
    mixed = _several(contract, st.sampled_from((None, *_FAILURES)), st.just(False))
    roots = _several(contract, st.none(), st.booleans())
    return Partitions(
        {
            "successes": _several(contract, st.none(), st.just(False)),
            "failures": _several(contract, st.sampled_from((*_FAILURES, None)), st.just(False)),
            "after-failure": mixed,
            "roots": roots,
            "same-id": mixed.map(_with_same_id),
            "same-token": mixed.map(_with_same_token),
            "same-id-elsewhere": roots.map(_with_same_id),
            "same-token-elsewhere": roots.map(_with_same_token),
            "renewed": mixed.map(_with_renewed_tokens),
        }
    )


def at_once(contract: Contract) -> Partitions[list[Planned]]:
    """Draw calls to be made at the same time, each with its own id and token, or all with the same id."""
    several = _several(contract, st.sampled_from((None, *_FAILURES)), st.just(False), _AT_ONCE)
    return Partitions({"at-once": several, "same-id": several.map(_with_same_id)})


def _with_same_id(sequence: list[Planned]) -> list[Planned]:
    arguments = sequence[0].call.arguments
    return [replace(each, call=replace(each.call, arguments=arguments)) for each in sequence]


def _with_same_token(sequence: list[Planned]) -> list[Planned]:
    token = sequence[0].call.token
    return [replace(each, call=replace(each.call, token=token)) for each in sequence]


def _with_renewed_tokens(sequence: list[Planned]) -> list[Planned]:
    """Tokens that differ in their last part alone, as those that are issued to one user in turn do."""
    renewed = [f"{CANARY}.eyJzdWIiOiJvbmUgdXNlciJ9.{number}" for number in range(len(sequence))]
    return [
        replace(each, call=replace(each.call, token=token))
        for each, token in zip(sequence, renewed, strict=True)
    ]


def _several(
    contract: Contract,
    statuses: SearchStrategy[int | None],
    asides: SearchStrategy[bool],
    length: int = _LENGTH,
) -> SearchStrategy[list[Planned]]:
    one = st.builds(Planned, guid_calls(contract)["guid"], statuses, asides)
    return st.lists(one, min_size=2, max_size=length, unique_by=(_id, _token))


def _id(planned: Planned) -> str:
    return planned.call.task_id


def _token(planned: Planned) -> str:
    return planned.call.token
