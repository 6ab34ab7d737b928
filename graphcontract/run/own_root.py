"""Decides whether a client may call its own service root: if the proxy is bypassed, that is the real service.

Before such calls, a network namespace or a harmless call through the proxy must prove that they stay here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graphcontract.clients import Client, ClientUnavailable, isolation
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Outcome
from graphcontract.http.stub_response import ResponseScript, StubResponse, stub, with_fields
from graphcontract.judging.harness import make_plain_arguments
from graphcontract.wire import WireRequest

if TYPE_CHECKING:
    from graphcontract.transports.proxy import Proxy

# The timeout of a first call, whose response comes from this machine. A client that reaches nothing takes all
# of it before its run can start.
PATIENCE = 2.0
TRUST = (
    "The client must trust the certificate authority of the run: SSL_CERT_FILE and similar variables, and "
    "`ca_file` of `start`, name its file."
)
HEED = (
    "The client must use the proxy that HTTPS_PROXY names, or its driver must set the one in `start` (Node's "
    'fetch and aiohttp ignore HTTPS_PROXY by default). If it can use no proxy, declare "proxy": "none" and '
    "check it with --transport loopback."
)

_ALLOWING = "--allow-own-root (pytest: --graph-allow-own-root)"
# Nothing on this machine keeps a client waiting, but its first TLS may take seconds.
_PROBE_PATIENCE = 10.0

_HARMLESS = "x"
_ISOLATED = "it runs in a network namespace of its own"


def harmless_call(contract: Contract) -> Call:
    """Make a call without a secret: what the client prints is not captured yet, and nothing shows where its
    call goes.
    """
    arguments = make_plain_arguments(contract, "guid")
    return Call(contract.id, arguments, _HARMLESS, timeout=PATIENCE, request=contract.request)


def is_request(request: WireRequest) -> bool:
    """Tell a request from a CONNECT, which only prepares one."""
    return request.method != "CONNECT"


class Guard:
    """Lets a client call its own root only where that cannot leave the machine; `proof` says why it cannot.

    A client in a network namespace must have been seen there, where it can be pointed at the probe; any other
    must have sent its request for the probe through the proxy, and again whenever a call was not seen there.
    `allowed` is the user's permission, and ends all of this.
    """

    def __init__(
        self, contract: Contract, client: Client, proxy: Proxy, *, isolated: bool, allowed: bool
    ) -> None:
        self._contract, self._client, self._proxy = contract, client, proxy
        self._isolated, self._allowed = isolated, allowed
        self._arrivals = 0
        self._proven = False
        self.proof = ""

    def before_call(self) -> None:
        """Prove what has to be proven before the client calls its own root; raises ClientUnavailable."""
        if not self._proven:
            self.proof = self._prove()
            self._proven = True
        self._arrivals = self._proxy.arrivals

    def after_call(self, outcome: Outcome, *, requested: bool) -> None:
        """Take note of a call: one that the proxy saw nothing of, or that ended the client, has to be
        followed by a new proof. An isolated client needs none: each of its processes is in a namespace.
        """
        # A client that refused its input sent nothing that could have been seen.
        seen = requested or self._proxy.arrivals > self._arrivals
        unsent = outcome.kind in ("rejected", "unsupported")
        replaced = outcome.kind == "hang" or outcome.died
        if not self._isolated and (replaced or not (seen or unsent)):
            self._proven = False

    def after_restart(self) -> None:
        """A new process has to prove itself; one in a namespace need not, for each of them is."""
        self._proven = self._proven and self._isolated

    def _prove(self) -> str:
        if self._allowed:
            return "--allow-own-root allows it"
        limits = self._client.limits
        if self._isolated and (limits.root == "fixed" or limits.hosts):
            return _ISOLATED  # It may not be able to call the probe, which the namespace makes superfluous.
        if limits.root == "fixed":
            raise self._refusal(
                "its root is fixed, so that no harmless call can show that it heeds the proxy"
            )
        return self._probe()

    def _probe(self) -> str:
        """Have the client call an address that never leaves the machine, and see which way it goes.

        The response redirects to http, as those of clauses do: a client may heed the proxy for https alone.
        """
        proxy, contract = self._proxy, self._contract
        inside, direct = proxy.inside, proxy.direct
        moved = with_fields(stub(307), ("Location", "{plain}/"))
        done = StubResponse(contract.success.status)
        stage = proxy.open_endpoint(
            ResponseScript((moved,), is_request, elsewhere=(done,)), root=proxy.probe_root
        )
        call = replace(
            harmless_call(contract),
            base_url=f"{proxy.probe_root}/{contract.request.version}",
            ca_file=proxy.ca_file,
            timeout=_PROBE_PATIENCE,
        )
        try:
            outcome = self._client.call(call)
        finally:
            record = stage.finish(expecting=True)
        if self._isolated and proxy.inside > inside:
            return _ISOLATED
        # The program may be isolated and have another one make its calls, as `docker run` does.
        self._isolated = False
        if record.requests and proxy.direct == direct:
            return f"its call to {proxy.probe_root} came through the proxy"
        way, hint = "did not come through the proxy", HEED
        if record.requests:
            way = "was redirected to http, where it did not go through the proxy"
        elif proxy.direct > direct:
            way = "went there directly, not through the proxy"
        elif record.connections:
            way, hint = "came to the proxy, and no request over TLS followed", TRUST
        raise self._refusal(f"its call to {proxy.probe_root} {way}; {describe(outcome)}", hint)

    def _refusal(self, why: str, hint: str = "") -> ClientUnavailable:
        obstacle = isolation.find_obstacle()
        if obstacle is None:
            obstacle = "nothing shows that it makes its calls in the network namespace that it was started in"
        return refuse_call(self._contract, f"{obstacle}, and {why}", hint)


def refuse_call(contract: Contract, why: str, hint: str = "") -> ClientUnavailable:
    """The error that stands for a call to the own root which is not made."""
    root = contract.request.root
    return ClientUnavailable(
        f"a call to {root} could leave the machine: {why}. It is made only with {_ALLOWING}", hint
    )


def describe(outcome: Outcome) -> str:
    """Say what a client reported of a call that did not arrive."""
    reason = outcome.reason or (outcome.error.message if outcome.error else None)
    return f"it reported {outcome.kind}" + (f": {reason}" if reason else "")
