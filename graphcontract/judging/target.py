"""A client that is up, the transport that it is pointed at, and who may say that it is not to be called.

Other surroundings of the client are described here too: they are targets that start when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from graphcontract.clients import Client, ClientUnavailable
from graphcontract.clients.surroundings import Setting, Surroundings
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
    `surroundings` are those of its process, None for those of the run.
    """

    client: Client
    transport: Transport
    guard: OwnRootGuard | None = None
    refusal: ClientUnavailable | None = None
    surroundings: Surroundings | None = None


@dataclass(frozen=True, slots=True)
class OtherSurroundings:
    """How the client is started in other surroundings: `sides` has the settings of each process that a run
    starts; `start` starts one with any settings, and raises ClientUnavailable.
    """

    sides: Mapping[str, tuple[Setting, ...]]
    start: Callable[[tuple[Setting, ...]], Target]
