"""Quirky clients: the header fields of a request, and their spelling."""

from __future__ import annotations

import hashlib
import uuid
from base64 import b64encode

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming, Fields
from tests.sample_clients.bases.over_httpx import OverHttpx
from tests.sample_clients.registry import quirky


@quirky()
class FieldNamesInMixedCase(Conforming):
    """Field names in mixed case, the length first and the host last."""

    def fields(self, call: Call) -> Fields:
        return [(name.swapcase(), value) for name, value in reversed(super().fields(call))]


@quirky()
class LowerCaseFields(Conforming):
    """Field names as HTTP/2 has them."""

    def fields(self, call: Call) -> Fields:
        return [(name.lower(), value) for name, value in super().fields(call)]


@quirky()
class SpacesAroundValues(Conforming):
    """No space, many, or a tab between colon and value, and some behind it (RFC 9110, 5.5)."""

    def fields(self, call: Call) -> Fields:
        return [(name, f"\t  {value} \t") for name, value in super().fields(call)]

    def head(self, call: Call) -> bytes:
        return super().head(call).replace(b": \t", b":\t")


@quirky()
class SdkTelemetryFields(Conforming):
    """What SDKs say of themselves, and what browsers do."""

    def fields(self, call: Call) -> Fields:
        return [
            *super().fields(call),
            ("SdkVersion", "graph-bank/1.0 (featureUsage=82; hostOS=linux)"),
            ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
            ("Accept", "application/json;odata.metadata=minimal, */*;q=0.1"),
            ("Accept-Language", "de, en;q=0.5"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            ("Cookie", "theme=dark"),
            ("Origin", "https://portal.example"),
        ]


@quirky()
class ManyFields(Conforming):
    """What gateways and careful libraries add, one of them with no value."""

    def fields(self, call: Call) -> Fields:
        return [
            *super().fields(call),
            ("TE", "trailers"),
            ("Connection", "TE"),
            ("Via", "1.1 proxy"),
            ("Forwarded", "for=192.0.2.1"),
            ("If-Match", "*"),
            ("Date", "Wed, 12 Nov 2025 09:30:00 GMT"),
            ("X-Empty", ""),
        ]


@quirky(transport="mock")
class GuidInCapitals(OverHttpx):
    """A client-request-id in capitals, the same for each attempt of a call."""

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.uuid4()).upper()]


@quirky(transport="mock")
class GuidInBraces(OverHttpx):
    """A client-request-id in the format of the registry: the same GUID."""

    def correlation(self, call: Call) -> list[str]:
        return [f"{{{uuid.uuid4()}}}"]


@quirky()
class ExpectsContinue(Conforming):
    """curl's and .NET's Expect, though there is nothing to wait for."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Expect", "100-continue")]


@quirky()
class OffersHttp2(Conforming):
    """Java's HttpClient offers HTTP/2 in clear text on every connection."""

    def fields(self, call: Call) -> Fields:
        return [
            *super().fields(call),
            ("Connection", "Upgrade, HTTP2-Settings"),
            ("Upgrade", "h2c"),
            ("HTTP2-Settings", "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"),
        ]


@quirky()
class SchemeInLowerCase(Conforming):
    """A scheme is read without case (RFC 9110, 11.1)."""

    def authorization(self, call: Call) -> Fields:
        return [("authorization", f"bearer {call.token}")]


@quirky()
class SpacesAfterScheme(Conforming):
    """A scheme in capitals, and more than one space behind it (RFC 9110, 11.4)."""

    def authorization(self, call: Call) -> Fields:
        return [("Authorization", f"BEARER   {call.token}")]


@quirky("request.content-length")
class SignsNoContent(Conforming):
    """Signs every request: digests of zero bytes, a trailer after empty chunks, and an empty coding."""

    def fields(self, call: Call) -> Fields:
        digests = {name: b64encode(hashlib.new(name, b"").digest()).decode() for name in ("md5", "sha256")}
        return [
            *super().fields(call),
            ("Content-Digest", f"sha-256=:{digests['sha256']}:"),
            ("Content-MD5", digests["md5"]),
            ("Content-Encoding", ""),
            ("Want-Repr-Digest", "sha-256=5"),
            ("Accept-Ranges", "none"),
            ("Trailer", "X-Signature"),
        ]

    def framing(self, call: Call) -> Fields:
        return [("Transfer-Encoding", "chunked")]

    def content(self, call: Call) -> bytes:
        return b"0\r\nX-Signature: none\r\n\r\n"


@quirky()
class NamesItsMethodTwice(Conforming):
    """The method also stands in the field by which proxies replace it."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("X-HTTP-Method-Override", "POST")]
