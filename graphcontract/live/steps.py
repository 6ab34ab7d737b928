"""A step of a live run as data: the request, why it is made, with which credential, what it could change.

Knows words alone. Plan and run are made of the same steps.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphcontract.exchange import Exchange

Credential = str
"""`main`, `lesser`, `none`, `garbage`, or the name of a token that must be refused."""

FORGERIES = ("no-algorithm", "bad-signature", "altered", "another-key")
# No JWT, and of characters that every front door takes.
GARBAGE = "graphcontract-garbage-0000000000000000"  # the fixed garbage

CREDENTIALS: Mapping[Credential, str] = {
    "main": "the credential of the run",
    "lesser": "a credential without the permission",
    "none": "no token",
    "garbage": "fixed garbage for a token",
    "no-algorithm": "the token with `alg: none`",
    "bad-signature": "the token with another signature",
    "altered": "the token with altered claims",
    "another-key": "the token's claims, signed by another key",
}


@dataclass(frozen=True, slots=True)
class RequestStep:
    """One request. `shown` is its target for people; `expected` the status, and `shows` the task's status,
    of a good service; `times` how often it may be made; `after` the seconds to wait before it; `journal` what
    the journal is told besides.
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


@dataclass(frozen=True, slots=True)
class Seen:
    """What a step showed; without an exchange it is what a plan assumes."""

    status: int
    task_status: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict)
    exchange: Exchange | None = None


Scenario = Generator[RequestStep, Seen, None]
