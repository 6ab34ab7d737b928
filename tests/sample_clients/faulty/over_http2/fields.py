"""Faulty clients over HTTP/2: header fields and pseudo-header fields."""

from __future__ import annotations

from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Fields
from tests.sample_clients.bases.http2 import OverHttp2
from tests.sample_clients.registry import faulty


class ChangesPseudoFields(OverHttp2):
    """Base class: some pseudo-header fields have other values, or None."""

    def changed(self, call: Call) -> dict[str, str | None]:
        raise NotImplementedError

    def pseudo(self, call: Call) -> Fields:
        changed = self.changed(call)
        pairs = [(name, changed.get(name, value)) for name, value in super().pseudo(call)]
        return [(name, value) for name, value in pairs if value is not None]


@faulty("request.once", transport="http2")
class WritesNamesInMixedCase(OverHttp2):
    """The fields go to the encoder as HTTP/1.1 has them."""

    def fields(self, call: Call) -> Fields:
        return [(name.title(), value) for name, value in super().fields(call)]


@faulty("request.once", transport="http2")
class CountsContentThatItDoesNotSend(OverHttp2):
    """content-length is that of the JSON that was left out."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("content-length", "2")]


@faulty("request.once", transport="http2")
class SendsPseudoFieldsLast(OverHttp2):
    """A map that is sorted by name, in another order than that of the ASCII colon."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), (":path", self.target(call))]

    def pseudo(self, call: Call) -> Fields:
        return [each for each in super().pseudo(call) if each[0] != ":path"]


@faulty("request.once", transport="http2")
class OmitsTheAuthority(ChangesPseudoFields):
    """Host was a field, and is dropped with the other fields of HTTP/1.1."""

    def changed(self, call: Call) -> dict[str, str | None]:
        return {":authority": None}


@faulty("request.once", transport="http2")
class SaysHttpBehindTls(ChangesPseudoFields):
    """TLS belongs to another layer, which the one that makes requests does not see."""

    def changed(self, call: Call) -> dict[str, str | None]:
        return {":scheme": "http"}


@faulty("request.once", transport="http2")
class LeavesThePathEmpty(ChangesPseudoFields):
    """The target went into another field: what is sent is the path of the service root's URL without one."""

    def changed(self, call: Call) -> dict[str, str | None]:
        return {":path": ""}


@faulty("request.path", transport="http2")
class WritesTheAbsoluteForm(ChangesPseudoFields):
    """The whole URL is the target, as it is towards a proxy."""

    def changed(self, call: Call) -> dict[str, str | None]:
        return {":path": f"https://{urlsplit(call.base_url or '').netloc}{self.target(call)}"}


@faulty("request.path", transport="http2")
class SendsTheFragment(ChangesPseudoFields):
    """What a URL parser calls `path` ends with the fragment."""

    def changed(self, call: Call) -> dict[str, str | None]:
        return {":path": f"{self.target(call)}#action"}


@faulty("request.path", transport="http2")
class NamesTheAccountInTheAuthority(ChangesPseudoFields):
    """:authority has the user information, which RFC 9113, 8.3.1 forbids."""

    def changed(self, call: Call) -> dict[str, str | None]:
        return {":authority": f"graph@{urlsplit(call.base_url or '').netloc}"}


@faulty("request.path", transport="http2")
class NamesAnotherHostBeside(OverHttp2):
    """A Host that was configured for HTTP/1.1 stays beside :authority."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("host", "graph.microsoft.com")]


@faulty("request.once", transport="http2")
class SendsTheTokenAsPseudoField(OverHttp2):
    """The names of a map get a colon each, and so does the token's."""

    def authorization(self, call: Call) -> Fields:
        return []

    def pseudo(self, call: Call) -> Fields:
        return [*super().pseudo(call), (":authorization", f"Bearer {call.token}")]


@faulty("input.injection", transport="http2")
class TrustsBinaryFraming(OverHttp2):
    """HTTP/2 has no lines, so that a line end in a value does no harm: no value is checked."""

    def refusal(self, call: Call) -> str | None:
        return None if super().refusal(call) == "control characters are not sent" else super().refusal(call)


@faulty("request.path-parameters", "input.injection", transport="http2")
class SendsIdsAsUtf8(OverHttp2):
    """:path is a field like any other, which takes any bytes."""

    def encode(self, task_id: str) -> str:
        return "".join(
            each if ord(each) > 127 else super(SendsIdsAsUtf8, self).encode(each) for each in task_id
        )


@faulty("calls.independent", transport="http2")
class AppendsToOneList(OverHttp2):
    """The list of default fields is shared, and each call appends its number of attempts to it."""

    def __init__(self) -> None:
        super().__init__()
        self.defaults: Fields = []

    def fields(self, call: Call) -> Fields:
        self.defaults.append(("x-attempt", "1"))
        return [*super().fields(call), *self.defaults]
