"""Brings clients up, each on the transport that it is judged over, and sees that one reaches the other.

Knows clients and transports; it knows no clause and no test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graphcontract.clients import Client, ClientUnavailable, Start
from graphcontract.clients.naming import make_client
from graphcontract.clients.python import InProcessClient
from graphcontract.contract import Contract
from graphcontract.errors import UserError
from graphcontract.exchange import Call, Outcome, WireRequest
from graphcontract.judging.gate import Station
from graphcontract.service import Answer, Script
from graphcontract.transports import Transport
from graphcontract.transports.scenes import any_request

if TYPE_CHECKING:
    from graphcontract.transports.proxy import Proxy

_HARMLESS = "x"
_GUID = "0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e"
_PATIENCE = 2.0


class OptionError(UserError):
    """Options that cannot be carried out: `str()` says which and what to do."""


@dataclass(frozen=True, slots=True)
class Stations:
    """Where a client is judged: `client` as on the command line, `transport` by name; texts as options have
    them, `start_timeout` in seconds.
    """

    contract: Contract
    client: str
    transport: str
    tls: bool
    in_process: bool
    start_timeout: float
    implementation: str | None

    def main(self) -> Station:
        """The client on the transport that was asked for; raises ClientUnavailable, ClientSpecError and
        OptionError.
        """
        if self.transport == "proxy":
            return self.own_root()
        if self.transport == "mock" and self._is_another_program:
            raise OptionError(
                "the mock transport serves Python callables in this process, and "
                f"{self.client!r} is another program: use --transport loopback"
            )
        return self._up(_loopback_or_mock(self.transport, self.tls), _reached_mock)

    def another(self, first: Station) -> Callable[[], Station] | None:
        """What brings up one more client like the first, for calls at the same time; None where one must do.

        Copies in this process would be one module, called from several threads that it may not bear.
        """
        if isinstance(first.client, InProcessClient):
            return None
        if self.transport == "proxy":
            return self.own_root
        return lambda: Station(self._started(first.transport), first.transport)

    def own_root(self) -> Station:
        """The client at its own root, behind a proxy of its own; raises ClientUnavailable where it goes round
        that, ClientSpecError and OptionError.
        """
        if self.in_process:
            raise OptionError(
                "a proxy is announced in a client's environment, and a client in this process has none "
                "of its own: leave --in-process out, or use --transport mock"
            )
        from graphcontract.transports.proxy import Proxy

        return self._up(Proxy(self.contract.request.root), _reached_proxy)

    @property
    def _is_another_program(self) -> bool:
        return self.client.strip().startswith(("process:", "command:"))

    def _up(self, transport: Transport, check: Callable[[Contract, Station], None]) -> Station:
        transport.__enter__()
        try:
            station = Station(self._started(transport), transport)
            try:
                check(self.contract, station)
            except BaseException:
                station.client.close()
                raise
        except BaseException:
            transport.__exit__(None, None, None)
            raise
        return station

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
        start = Start(
            self.contract.id, transport.hosts, transport.ca_file, transport.proxy, transport.doorway
        )
        try:
            client.start(start)
        except BaseException:
            client.close()
            raise
        return client


def _loopback_or_mock(name: str, tls: bool) -> Transport:
    if name == "mock":
        from graphcontract.transports.mock import Mock

        return Mock()
    from graphcontract.transports.loopback import Loopback

    return Loopback(tls=tls)


def _harmless_call(contract: Contract) -> Call:
    """A call with nothing to give away: what the client prints is not captured yet, and where it goes is not
    known.
    """
    (parameter,) = contract.request.parameters
    return Call(
        contract.id, {parameter: "0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e"}, _HARMLESS, timeout=_PATIENCE
    )


def _reached_mock(contract: Contract, station: Station) -> None:
    """Stop where a client goes round the mock transport: every clause would fail alike."""
    from graphcontract.transports.mock import Mock

    if not isinstance(station.transport, Mock):
        return
    stage = station.transport.stage(Script((Answer(409),), any_request))
    station.client.call(
        replace(_harmless_call(contract), base_url=f"{stage.root}/{contract.request.version}")
    )
    stage.finish()
    if station.transport.escaped is not None:
        problem = f"the client goes round the mock transport: {station.transport.escaped}"
        raise ClientUnavailable(problem, "That serves httpx alone: use --transport loopback.")


def _reached_proxy(contract: Contract, station: Station) -> None:
    """Stop where a client's first call, made with a made-up token, does not come through the proxy."""
    if station.client.limits.proxy == "none":
        raise ClientUnavailable(
            "the client takes no proxy, as its driver declares", "Judge it with --transport loopback."
        )
    from graphcontract.transports.proxy import Proxy

    assert isinstance(station.transport, Proxy)
    stage = station.transport.stage(Script((Answer(contract.success.status),), _asks))
    outcome = station.client.call(_harmless_call(contract))
    record = stage.finish(expecting=True)
    if not record.requests:
        raise ClientUnavailable(*_astray(station.transport, outcome, record.connections))


def _asks(request: WireRequest) -> bool:
    """Tell a request from a CONNECT, which only prepares one."""
    return request.method != "CONNECT"


def _astray(proxy: Proxy, outcome: Outcome, connections: int) -> tuple[str, str]:
    """Say why no request came to the root behind the proxy, and what to do."""
    told = outcome.reason or (outcome.error.message if outcome.error else None)
    says = f"it reported {outcome.kind}" + (f": {told}" if told else "")
    if connections:
        return (
            f"the client came to the proxy, and sent no request over TLS; {says}",
            "It has to trust the authority of the run: SSL_CERT_FILE and its kin, and `ca_file` of `start`, "
            "name the file.",
        )
    if proxy.strangers:
        return (
            f"the client asked the proxy for {', '.join(proxy.strangers)} and not for its root; {says}",
            f"Nothing but {proxy.hosts[0]} is served behind it, so that nothing leaves the machine.",
        )
    return (
        f"the client did not come to the proxy within {_PATIENCE:g} s; {says}",
        "Its HTTP stack has to heed HTTPS_PROXY, or the driver `proxy` of `start` (Node's fetch and aiohttp "
        'do not by themselves); one that cannot declares "proxy": "none", and is judged with --transport '
        "loopback.",
    )
