"""Brings clients up, each on the transport that it is judged over, and sees that one reaches the other.

Knows clients and transports; it knows no clause and no test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from graphcontract.clients import Client, ClientUnavailable, Start, isolation
from graphcontract.clients.python import InProcessClient
from graphcontract.clients.spec import make_client
from graphcontract.contract.model import Contract
from graphcontract.errors import UserError
from graphcontract.exchange import Outcome
from graphcontract.http.stub_response import ResponseScript, StubResponse
from graphcontract.judging.target import Target
from graphcontract.run.own_root import (
    HEED,
    PATIENCE,
    TRUST,
    Guard,
    describe,
    harmless_call,
    is_request,
    refuse_call,
)
from graphcontract.transports import Transport
from graphcontract.transports.stub_state import any_request

if TYPE_CHECKING:
    from graphcontract.transports.proxy import Proxy


class OptionError(UserError):
    """Options that cannot be carried out."""

    code = "option"


@dataclass(frozen=True, slots=True)
class TargetFactory:
    """Where a client is judged: `client` as on the command line, `transport` by name; texts as options have
    them, `start_timeout` in seconds. `allow_own_root` lets a client call its own root though that may leave
    the machine.
    """

    contract: Contract
    client: str
    transport: str
    tls: bool
    in_process: bool
    start_timeout: float
    implementation: str | None
    allow_own_root: bool = False

    def main(self) -> Target:
        """The client on the transport that was asked for; raises ClientUnavailable, ClientSpecError and
        OptionError.
        """
        if self.transport == "proxy":
            return self.own_root()
        if self.transport == "mock" and self._is_another_program:
            raise OptionError(
                "the mock transport serves Python callables in this process, and "
                f"{self.client!r} is another program",
                "Use --transport loopback.",
            )
        return self._up(_loopback_or_mock(self.transport, self.tls), self._reach_mock)

    def beside(self, main: Target) -> Callable[[], Target] | None:
        """What brings up a client like that one at its own root, where its transport does not stand for that;
        None for a client in this process, which no proxy can be announced to.
        """
        if main.refusal is not None:
            return partial(_refuse, main.refusal)
        return None if isinstance(main.client, InProcessClient) else self.own_root

    def another(self, first: Target) -> Callable[[], Target] | None:
        """What brings up one more client like the first, for calls at the same time; None where one must do.

        Copies in this process would be one module, called from several threads that it may not bear.
        """
        if isinstance(first.client, InProcessClient):
            return None
        if self.transport == "proxy":
            return self.own_root
        return lambda: Target(self._started(first.transport), first.transport)

    def own_root(self) -> Target:
        """The client at its own root, behind a proxy of its own; raises ClientUnavailable where it bypasses
        that, or could, ClientSpecError and OptionError.
        """
        if self.in_process:
            raise OptionError(
                "a proxy is announced in a client's environment, and a client in this process has none "
                "of its own",
                "Leave --in-process out, or use --transport mock.",
            )
        from graphcontract.transports.proxy import Proxy

        return self._up(Proxy(self.contract.request.root), self._reach_proxy)

    @property
    def _is_another_program(self) -> bool:
        return self.client.strip().startswith(("process:", "command:"))

    def _up(self, transport: Transport, check: Callable[[Target], Target]) -> Target:
        transport.__enter__()
        try:
            station = Target(self._started(transport), transport)
            try:
                return check(station)
            except BaseException:
                station.client.close()
                raise
        except BaseException:
            transport.__exit__(None, None, None)
            raise

    def _started(self, transport: Transport) -> Client:
        request = self.contract.request
        client = make_client(
            self.client,
            in_process=self.in_process or transport.name == "mock",
            start_timeout=self.start_timeout,
            implementation=self.implementation,
            root=f"{request.root}/{request.version}",
            path=request.path,
            own_root=transport.proxy is not None,
        )
        netns_socket = transport.netns_socket and (
            None if isolation.find_obstacle() else transport.netns_socket
        )
        start = Start(self.contract.id, transport.hosts, transport.ca_file, transport.proxy, netns_socket)
        try:
            client.start(start)
        except BaseException:
            client.close()
            raise
        return client

    def _reach_mock(self, station: Target) -> Target:
        """Stop where a client bypasses the mock transport, for every clause would fail alike; refuse it its
        own root where its call does not show there.
        """
        from graphcontract.transports.mock import Mock

        if not isinstance(station.transport, Mock):
            return station
        stage = station.transport.open_endpoint(ResponseScript((StubResponse(409),), any_request))
        outcome = station.client.call(
            replace(harmless_call(self.contract), base_url=f"{stage.root}/{self.contract.request.version}")
        )
        record = stage.finish(expecting=True)
        if station.transport.escaped is not None:
            problem = f"the client bypasses the mock transport: {station.transport.escaped}"
            raise ClientUnavailable(problem, "That serves httpx alone: use --transport loopback.")
        if record.requests or self.allow_own_root:
            return station
        station.transport.withdraw_own_root()
        why = f"its call to {stage.root} did not come to the mock transport; {describe(outcome)}"
        return replace(station, refusal=refuse_call(self.contract, why))

    def _reach_proxy(self, station: Target) -> Target:
        """Stop where a client's first call, made with a made-up token, does not come through the proxy, and
        before it where that could leave the machine.
        """
        if station.client.limits.proxy == "none":
            raise ClientUnavailable(
                "the client takes no proxy, as its driver declares", "Judge it with --transport loopback."
            )
        from graphcontract.transports.proxy import Proxy

        assert isinstance(station.transport, Proxy)
        isolated = isolation.find_obstacle() is None
        guard = Guard(
            self.contract, station.client, station.transport, isolated=isolated, allowed=self.allow_own_root
        )
        guard.before_call()
        stage = station.transport.open_endpoint(
            ResponseScript((StubResponse(self.contract.success.status),), is_request)
        )
        outcome = station.client.call(harmless_call(self.contract))
        record = stage.finish(expecting=True)
        if not record.requests:
            raise ClientUnavailable(*_astray(station.transport, outcome, record.connections))
        guard.after_call(outcome, requested=True)
        return replace(station, guard=guard)


def _loopback_or_mock(name: str, tls: bool) -> Transport:
    if name == "mock":
        from graphcontract.transports.mock import Mock

        return Mock()
    from graphcontract.transports.loopback import Loopback

    return Loopback(tls=tls)


def _refuse(problem: ClientUnavailable) -> Target:
    raise problem


def _astray(proxy: Proxy, outcome: Outcome, connections: int) -> tuple[str, str]:
    """Say why no request came to the root behind the proxy, and what to do."""
    says = describe(outcome)
    if connections:
        return f"the client came to the proxy, and sent no request over TLS; {says}", TRUST
    if proxy.unknown_hosts:
        return (
            f"the client asked the proxy for {', '.join(proxy.unknown_hosts)} and not for its root; {says}",
            f"Nothing but {proxy.hosts[0]} is served behind it, so that nothing leaves the machine.",
        )
    return f"the client did not come to the proxy within {PATIENCE:g} s; {says}", HEED
