"""A step of a live run as data: the request, its reason, its credential, what it could change, and what was
exchanged.

Plan and run use the same steps.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphcontract.exchange import Exchange

Credential = str
"""`main`, `lesser`, `none`, `garbage`, or the name of a token that must be rejected."""

FORGERIES = ("no-algorithm", "bad-signature", "altered", "another-key")
# Not a JWT, in characters that every gateway accepts.
GARBAGE = "graphcontract-garbage-0000000000000000"

CREDENTIALS: Mapping[Credential, str] = {
    "main": "the run's credential",
    "lesser": "a credential without the permission",
    "none": "no token",
    "garbage": "a fixed string that is not a token",
    "no-algorithm": "the token with `alg: none`",
    "bad-signature": "the token with a wrong signature",
    "altered": "the token with altered claims",
    "another-key": "the token's claims, signed by another key",
}


@dataclass(frozen=True, slots=True)
class RequestStep:
    """One request. `shown` is its target in the plan; `expected` the status code, and `shows` the task's
    status, that a conforming service returns; `times` how often it may be sent; `after` the seconds to wait
    before it; `journal` further members of its journal line.
    """

    purpose: str
    why: str
    method: str
    target: str
    shown: str
    task_id: str = ""
    credential: Credential = "main"
    expected: int = 200
    shows: str | None = None
    changes: str = "nothing"
    through_client: bool = False
    content: bytes = b""
    times: int = 1
    after: float = 0.0
    journal: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SentExchange(Exchange):
    """An exchange of a live run with its step; `by_client` where the client under test made the call."""

    step: RequestStep
    by_client: bool = False


@dataclass(frozen=True, slots=True)
class StepResult:
    """The response to a step; without an exchange, the one that a plan assumes."""

    status: int
    task_status: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict)
    exchange: Exchange | None = None


Scenario = Generator[RequestStep, StepResult, None]
