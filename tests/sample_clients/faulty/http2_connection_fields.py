"""Faulty clients: http2.connection-fields."""

from __future__ import annotations

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Fields
from tests.sample_clients.bases.http2 import OverHttp2
from tests.sample_clients.registry import faulty


@faulty("http2.connection-fields")
class KeepsTheConnectionAlive(OverHttp2):
    """The fields of HTTP/1.1 are sent as they were."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("connection", "keep-alive")]


@faulty("http2.connection-fields")
class AnnouncesChunks(OverHttp2):
    """A request with an unknown length is announced as HTTP/1.1 does it."""

    def fields(self, call: Call) -> Fields:
        over_http2 = str(call.base_url).startswith("https:")
        return [*super().fields(call), *[("transfer-encoding", "chunked")] * over_http2]


@faulty("http2.connection-fields")
class AcceptsTransferCodings(OverHttp2):
    """TE has the codings that it had in HTTP/1.1, beside trailers."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("te", "trailers, deflate;q=0.5")]


@faulty("http2.connection-fields")
class SaysHowLongItKeepsTheConnection(OverHttp2):
    """A hand-written client sets Keep-Alive for every request."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("keep-alive", "timeout=5, max=100")]


@faulty("http2.connection-fields")
class OffersAnUpgradeAgain(OverHttp2):
    """Java's HttpClient offers h2c in its first request; a copy of that header goes over HTTP/2."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("upgrade", "h2c"), ("http2-settings", "AAMAAABkAAQBAAAAAAIAAAAA")]


@faulty("http2.connection-fields")
class SpeaksToAProxyThatIsNotThere(OverHttp2):
    """Proxy-Connection, which some clients set as soon as a proxy is configured."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("proxy-connection", "keep-alive")]
