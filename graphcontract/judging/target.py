"""A client that is up, the transport that it is pointed at, and who may say that it is not to be called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from graphcontract.clients import Client, ClientUnavailable
from graphcontract.exchange import Outcome
from graphcontract.transports import Transport


class OwnRootGuard(Protocol):
    """Lets a client call its own root only where that cannot leave the machine; `proof` says why."""

    proof: str

    def before_call(self) -> None:
        """Prove what has to be proven before the call; raises ClientUnavailable."""
        ...

    def after_call(self, outcome: Outcome, *, requested: bool) -> None:
        """Take note of what the call showed; `requested` says that its request was seen."""
        ...

    def after_restart(self) -> None:
        """Take note that another process makes the next call."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """A client, up, and the transport that it is pointed at, up as well.

    `guard` is that of a client at its own root; `refusal` is why this one is not to be asked for that.
    """

    client: Client
    transport: Transport
    guard: OwnRootGuard | None = None
    refusal: ClientUnavailable | None = None
