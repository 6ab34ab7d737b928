"""Starts the client under test on its transport, and checks that its requests arrive there.

Also starts what a run needs later: copies for concurrent calls, and a client at its own root behind a proxy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from graphcontract.clients import Client, ClientUnavailable, Start, isolation
from graphcontract.clients.python import InProcessClient
from graphcontract.clients.spec import is_function, make_client
from graphcontract.clients.surroundings import Setting, Surroundings, list_sides
from graphcontract.contract.model import Contract
from graphcontract.exchange import Outcome
from graphcontract.http.stub_response import ResponseScript, StubResponse
from graphcontract.judging.target import OtherSurroundings, Target
from graphcontract.run.options import OptionError, Options
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


@dataclass(frozen=True, slots=True)
class TargetFactory:
    """Starts targets as the options of a run say: the client, and the transport that it calls."""

    contract: Contract
    options: Options

    def main(self) -> Target:
        """Start the client on its transport; raises ClientUnavailable, ClientSpecError and OptionError."""
        if self.options.transport == "proxy":
            return self.own_root()
        if self.options.transport == "mock" and self._is_another_program:
            raise OptionError(
                "the mock transport serves Python callables in this process, and "
                f"{self.options.client!r} is another program",
                "Use --transport loopback.",
            )
        if self.options.transport == "mock" and self.options.http == "2":
            raise OptionError("the mock transport has no HTTP/2", "Use --transport loopback.")
        check = self._check_mock if self.options.transport == "mock" else None
        return self._start_checked(self._make_transport(), check)

    def beside(self, main: Target) -> Callable[[], Target] | None:
        """Return a function that starts the client at its own root, for transports that do not serve it.

        None for a client in this process, as a proxy is announced by environment variables.
        """
        if main.refusal is not None:
            return partial(_refuse, main.refusal)
        return None if isinstance(main.client, InProcessClient) else self.own_root

    def another(self, first: Target) -> Callable[[], Target] | None:
        """Return a function that starts a copy of the client for concurrent calls, or None.

        Copies in this process would be one module, called from several threads, which may break it.
        """
        if isinstance(first.client, InProcessClient):
            return None
        if self.options.transport == "proxy":
            return self.own_root
        return lambda: Target(self._start_client(first.transport), first.transport)

    def debugging(self, first: Target) -> Callable[[], Target] | None:
        """Return a function that starts a copy of the client that logs in detail, or None."""
        if "debug" not in first.client.shows or self.options.transport != "loopback":
            return None
        return lambda: Target(self._start_client(first.transport, debug=True), first.transport)

    def surroundings(self, first: Target) -> OtherSurroundings | None:
        """Return how copies of the client are started in other surroundings, or None.

        A client in this process has ours. Behind a proxy it has a proxy and a network namespace that differ.
        """
        if isinstance(first.client, InProcessClient) or self.options.transport != "loopback":
            return None

        def start(settings: tuple[Setting, ...]) -> Target:
            made = Surroundings(settings)
            try:
                client = self._start_client(first.transport, debug=made.debug, surroundings=made)
            except BaseException:
                made.remove()
                raise
            return Target(client, first.transport, surroundings=made)

        sides = list_sides(debug="debug" in first.client.shows, loops=is_function(self.options.client))
        return OtherSurroundings(sides, start)

    def own_root(self) -> Target:
        """Start the client at its own root, behind a proxy of its own. Raises ClientUnavailable if it
        bypasses the proxy or could, ClientSpecError and OptionError.
        """
        if self.options.in_process:
            raise OptionError(
                "a proxy is announced in a client's environment, and a client in this process has none "
                "of its own",
                "Leave --in-process out, or use --transport mock.",
            )
        from graphcontract.transports.proxy import Proxy

        proxy = Proxy(self.contract.request.root, http2=self.options.http == "2")
        return self._start_checked(proxy, self._check_proxy)

    def _make_transport(self) -> Transport:
        if self.options.transport == "mock":
            from graphcontract.transports.mock import Mock

            return Mock()
        from graphcontract.transports.loopback import Loopback

        return Loopback(tls=self.options.https, http2=self.options.http == "2")

    @property
    def _is_another_program(self) -> bool:
        return self.options.client.strip().startswith(("process:", "command:"))

    def _start_checked(self, transport: Transport, check: Callable[[Target], Target] | None) -> Target:
        transport.__enter__()
        try:
            target = Target(self._start_client(transport), transport)
            try:
                return target if check is None else check(target)
            except BaseException:
                target.client.close()
                raise
        except BaseException:
            transport.__exit__(None, None, None)
            raise

    def _start_client(
        self, transport: Transport, *, debug: bool = False, surroundings: Surroundings | None = None
    ) -> Client:
        request = self.contract.request
        speaks_http2 = self.options.http == "2" and self.options.client.strip() == "reference"
        client = make_client(
            "reference-http2" if speaks_http2 else self.options.client,
            in_process=self.options.in_process or transport.name == "mock",
            start_timeout=self.options.start_timeout,
            implementation=self.options.implementation,
            root=f"{request.root}/{request.version}",
            own_root=transport.proxy is not None,
            parameters=request.parameters,
        )
        netns_socket = transport.netns_socket and (
            None if isolation.find_obstacle() else transport.netns_socket
        )
        start = Start(
            self.contract.id,
            transport.hosts,
            transport.ca_file,
            transport.proxy,
            netns_socket,
            debug,
            surroundings,
        )
        try:
            client.start(start)
        except BaseException:
            client.close()
            raise
        return client

    def _check_mock(self, target: Target) -> Target:
        """Raise ClientUnavailable if the client bypasses the mock transport: all clauses would fail alike.

        If its call does not arrive at its own root, clauses about that are not checked.
        """
        from graphcontract.transports.mock import Mock

        assert isinstance(target.transport, Mock)
        endpoint = target.transport.open_endpoint(ResponseScript((StubResponse(409),), any_request))
        outcome = target.client.call(
            replace(harmless_call(self.contract), base_url=f"{endpoint.root}/{self.contract.request.version}")
        )
        record = endpoint.finish(expecting=True)
        if target.transport.escaped is not None:
            problem = f"the client bypasses the mock transport: {target.transport.escaped}"
            raise ClientUnavailable(problem, "That serves httpx and httpx2 alone: use --transport loopback.")
        if record.requests or self.options.allow_own_root:
            return target
        target.transport.withdraw_own_root()
        why = f"its call to {endpoint.root} did not come to the mock transport; {describe(outcome)}"
        return replace(target, refusal=refuse_call(self.contract, why))

    def _check_proxy(self, target: Target) -> Target:
        """Raise ClientUnavailable if the client's first call, with a made-up token, does not come through the
        proxy, and before that call if it could leave the machine.
        """
        if target.client.limits.proxy == "none":
            raise ClientUnavailable(
                "the client takes no proxy, as its driver declares", "Check it with --transport loopback."
            )
        from graphcontract.transports.proxy import Proxy

        assert isinstance(target.transport, Proxy)
        isolated = isolation.find_obstacle() is None
        guard = Guard(
            self.contract,
            target.client,
            target.transport,
            isolated=isolated,
            allowed=self.options.allow_own_root,
        )
        guard.before_call()
        endpoint = target.transport.open_endpoint(
            ResponseScript((StubResponse(self.contract.success.status),), is_request)
        )
        outcome = target.client.call(harmless_call(self.contract))
        record = endpoint.finish(expecting=True)
        if not record.requests:
            raise ClientUnavailable(*_explain_missing_request(target.transport, outcome, record.connections))
        guard.after_call(outcome, requested=True)
        return replace(target, guard=guard)


def _refuse(problem: ClientUnavailable) -> Target:
    raise problem


def _explain_missing_request(proxy: Proxy, outcome: Outcome, connections: int) -> tuple[str, str]:
    """Say why no request came to the root behind the proxy, and what to do."""
    says = describe(outcome)
    if connections:
        return f"the client connected to the proxy, but sent no request over TLS; {says}", TRUST
    if proxy.unknown_hosts:
        return (
            f"the client asked the proxy for {', '.join(proxy.unknown_hosts)} and not for its root; {says}",
            f"Nothing but {proxy.hosts[0]} is served behind it, so that nothing leaves the machine.",
        )
    return f"the client sent nothing to the proxy within {PATIENCE:g} s; {says}", HEED
