"""Faulty clients: http2.malformed-accepted."""

from __future__ import annotations

import re

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from graphcontract.clauses.http2_queries import CONNECTION_FIELDS
from tests.sample_clients.bases.conforming import Answer, BadAnswer
from tests.sample_clients.bases.http2 import Heard, OverHttp2
from tests.sample_clients.registry import faulty

TESTS = ("test_malformed_response",)
_UNVALIDATED = h2.config.H2Configuration(
    client_side=True,
    header_encoding="latin-1",
    validate_outbound_headers=False,
    normalize_outbound_headers=False,
    validate_inbound_headers=False,
)


@faulty("http2.malformed-accepted", shown_by=TESTS)
class ValidatesNothing(OverHttp2):
    """Validation is turned off, as in httpcore."""

    def begin(self) -> h2.connection.H2Connection:
        link = h2.connection.H2Connection(_UNVALIDATED)
        link.initiate_connection()
        return link


@faulty("http2.malformed-accepted", shown_by=TESTS)
class AcceptsNamesInUpperCase(OverHttp2):
    """Letter case makes no difference, as in HTTP/1.1."""

    def broken(self, error: h2.exceptions.ProtocolError) -> Answer:
        if "upper" in str(error).lower():
            return Answer(204, {}, b"")
        return super().broken(error)


class _ChecksFields(OverHttp2):
    """Base class: checks header fields itself, and the status code with int()."""

    names = re.compile("[^A-Z\x00-\x20\x7f-\xff]+")
    values = re.compile("[^\x00\r\n]*")

    def begin(self) -> h2.connection.H2Connection:
        link = h2.connection.H2Connection(_UNVALIDATED)
        link.initiate_connection()
        return link

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.ResponseReceived):
            names, values = zip(*((str(name), str(value)) for name, value in event.headers), strict=True)
            valid = names[0] == ":status" and not any(name.startswith(":") for name in names[1:])
            valid &= all(map(self.names.fullmatch, names)) and all(map(self.values.fullmatch, values))
            if not valid or not set(names).isdisjoint(CONNECTION_FIELDS):
                raise BadAnswer("not a valid header")
        super().hear(link, event, stream, heard)


@faulty("http2.malformed-accepted", shown_by=["test_malformed_values"])
class ParsesTheStatusWithInt(_ChecksFields):
    """int() accepts a sign, and zeros before the number."""

    def parse_status(self, value: str) -> int:
        return int(value)


@faulty("http2.malformed-accepted", shown_by=["test_malformed_values"])
class AllowsSpacesInNames(_ChecksFields):
    """Only upper case is looked for in a name."""

    names = re.compile("[^A-Z]+")


@faulty("http2.malformed-accepted", shown_by=["test_malformed_values"])
class AllowsNulInValues(_ChecksFields):
    """Only line ends are looked for in a value."""

    values = re.compile("[^\r\n]*")
