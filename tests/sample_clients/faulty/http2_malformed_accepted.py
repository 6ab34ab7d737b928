"""Faulty clients: http2.malformed-accepted."""

from __future__ import annotations

import h2.config
import h2.connection
import h2.exceptions

from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.http2 import OverHttp2
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
