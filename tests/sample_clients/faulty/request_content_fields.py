"""Faulty clients: request.content-fields."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Conforming, Fields
from tests.sample_clients.registry import faulty


class DescribesContent(Conforming):
    """Base class: sends header fields that describe content, without content."""

    def description(self, call: Call) -> Fields:
        raise NotImplementedError

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), *self.description(call)]


@faulty("request.content-fields")
class CompressesNothing(DescribesContent):
    """A compressing middleware sets the header before it looks for a request body."""

    def description(self, call: Call) -> Fields:
        return [("Content-Encoding", "gzip")]


@faulty("request.content-fields")
class IdentityByDefault(DescribesContent):
    """A default header that means "not encoded", in another letter case."""

    def description(self, call: Call) -> Fields:
        return [("content-encoding", "identity")]


@faulty("request.content-fields", rare=True)
class CompressesLongRequests(DescribesContent):
    """Compresses whatever is large, and takes the head for a part of the content."""

    def description(self, call: Call) -> Fields:
        return [("Content-Encoding", "gzip")] if len(call.token) > 4000 else []


@faulty("request.content-fields")
class LanguageByDefault(DescribesContent):
    """The user's language, in Content-Language instead of Accept-Language."""

    def description(self, call: Call) -> Fields:
        return [("Content-Language", "en-US")]


@faulty("request.content-fields")
class LocatesNothing(DescribesContent):
    """The resource's own URL as the location of a representation that is not sent."""

    def description(self, call: Call) -> Fields:
        return [("Content-Location", self.path(call))]


@faulty("request.content-fields")
class RangeOfNothing(DescribesContent):
    """An upload helper sends the range of each part."""

    def description(self, call: Call) -> Fields:
        return [("Content-Range", "bytes */0")]


@faulty("request.content-fields")
class DigestOfAnEmptyObject(DescribesContent):
    """The request is signed as if it had an empty JSON object as its body."""

    def description(self, call: Call) -> Fields:
        digest = b64encode(hashlib.sha256(b"{}").digest()).decode()
        return [("Content-Digest", f"sha-256=:{digest}:")]


@faulty("request.content-fields")
class AnnouncesATrailer(DescribesContent):
    """A checksum is announced for a trailer, which a request with Content-Length cannot have."""

    def description(self, call: Call) -> Fields:
        return [("Trailer", "X-Checksum")]
