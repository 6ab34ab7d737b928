"""Starts the client under test, or the reference client, behind the forwarder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from graphcontract.clients import Client, Start
from graphcontract.clients.spec import make_client
from graphcontract.contract.model import Contract
from graphcontract.live.forwarder import Forwarder
from graphcontract.live.options import LiveOptions


@dataclass(frozen=True, slots=True)
class ClientUnderTest:
    """A client and the forwarder that it sends its requests to."""

    client: Client
    forwarder: Forwarder

    @property
    def shows(self) -> frozenset[str]:
        """What clauses can observe of the client here."""
        limits = self.client.limits
        sends = not limits.hosts or self.forwarder.origin in limits.hosts
        return self.client.shows | {"wire"} | ({"credentials"} if sends else set())


@contextmanager
def start_client(contract: Contract, options: LiveOptions) -> Iterator[ClientUnderTest]:
    """Start the client under test, or the reference client; over TLS where it declares that it needs that.

    Raises ClientUnavailable and ClientSpecError.
    """
    with ExitStack() as stack:
        forwarder = stack.enter_context(Forwarder())
        client = _start(contract, options, forwarder, stack)
        if client.limits.https:
            client.close()
            forwarder = stack.enter_context(Forwarder(tls=True))
            client = _start(contract, options, forwarder, stack)
        yield ClientUnderTest(client, forwarder)


def _start(contract: Contract, options: LiveOptions, forwarder: Forwarder, stack: ExitStack) -> Client:
    request = contract.request
    client = make_client(
        options.client or "reference",
        in_process=options.client is None,
        start_timeout=options.start_timeout,
        implementation=options.implementation,
        root=f"{request.root}/{request.version}",
        parameters=request.parameters,
    )
    stack.callback(client.close)
    client.start(Start(contract.id, (forwarder.origin,), forwarder.ca_file))
    return client
