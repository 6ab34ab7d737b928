"""Quirky clients of many operations: unusual, and within the contract."""

from __future__ import annotations

import re
from urllib.parse import quote_plus

from graphcontract.exchange import Call
from tests.operations import AnyOperation
from tests.operations.many_clients import quirky
from tests.sample_clients.bases.conforming import Answer, Fields
from tests.sample_clients.bases.kept_connection import KeptConnection


@quirky()
class LowerCaseEscapes(AnyOperation):
    """%2f for %2F."""

    def encode(self, task_id: str) -> str:
        return re.sub("%..", lambda found: found[0].lower(), super().encode(task_id))


@quirky("request.path-spelling")
class WithoutNamespace(AnyOperation):
    """Actions by their names alone."""

    def template(self, call: Call) -> str:
        return re.sub(r"/microsoft\.graph\.(?:\w+\.)*(\w+)$", r"/\1", call.path)


@quirky()
class ArgumentsInAnotherOrder(AnyOperation):
    """Arguments of functions have names, and no order."""

    def template(self, call: Call) -> str:
        return re.sub(r"\(([^)]+),([^)]+)\)", r"(\2,\1)", call.path)


@quirky()
class AsciiEncoded(AnyOperation):
    """Names and punctuation of the path are encoded too."""

    def path(self, call: Call) -> str:
        return re.sub(r"[^A-Za-z0-9%/]", lambda found: f"%{ord(found[0]):02X}", super().path(call))


@quirky("request.content-length")
class NoLength(AnyOperation):
    """No Content-Length with a POST either."""

    def framing(self, call: Call) -> Fields:
        return []


@quirky()
class SubDelimitersKept(AnyOperation):
    """What RFC 3986 allows in a segment stays as it is, outside of literals."""

    def value(self, call: Call, name: str, *, is_literal: bool) -> str:
        value = super().value(call, name, is_literal=is_literal)
        return value if is_literal or f"/{{{name}}}" not in call.path else self.restore(value)

    def restore(self, value: str) -> str:
        return re.sub("%(21|24|26|2A|2B|3A|3B|40)", lambda found: chr(int(found[1], 16)), value)


@quirky("request.path-spelling")
class OneKeyInParentheses(AnyOperation):
    """OData's own form for the last key, and segments for the others."""

    def template(self, call: Call) -> str:
        keys = re.findall(r"/\{\w+\}", call.path)
        return call.path.replace(keys[-1], f"('{keys[-1][1:]}')") if keys else call.path


@quirky("request.path-spelling")
class CapitalsInNames(AnyOperation):
    """Names in another letter case, which Graph ignores."""

    def template(self, call: Call) -> str:
        return call.path.replace("/me/", "/Me/").replace("/users/", "/Users/")


@quirky("request.path-spelling")
class CastByFullName(AnyOperation):
    """`microsoft.graph` in place of its alias `graph`."""

    def template(self, call: Call) -> str:
        return call.path.replace("/graph.", "/microsoft.graph.")


@quirky()
class PlusForSpaceInTheQuery(AnyOperation):
    """A form's encoding in a query."""

    def pair(self, name: str, value: str) -> str:
        return f"{quote_plus(name)}={quote_plus(value)}"


@quirky("request.path-spelling")
class BareQuestionMark(AnyOperation):
    """An empty query with every request that has none."""

    def query(self, call: Call) -> str:
        return super().query(call) or "?"


@quirky()
class ReadsMetadataBefore(AnyOperation):
    """The metadata are read before the first request, which needs no token."""

    done = False

    def exchange(self, call: Call) -> Answer:
        if not self.done:
            self.done = True
            with self.connect(call) as connection:
                host = dict(self.fields(call))["Host"]
                connection.sendall(f"GET /beta/$metadata HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                self.read(connection)
        return super().exchange(call)


@quirky()
class MoreFields(AnyOperation):
    """Header fields of telemetry, preferences and negotiation."""

    def fields(self, call: Call) -> Fields:
        more = [("Accept", "application/json, */*;q=0.1"), ("Prefer", "return=minimal")]
        return [*super().fields(call), *more, ("SdkVersion", "graph-test/1.0"), ("User-Agent", "t/1")]


@quirky("error.code", "error.message", "error.request-id")
class StatusAlone(AnyOperation):
    """An error has its status code, and nothing else."""

    def error(self, answer: Answer) -> dict[str, object]:
        return {}

    def request_id(self, answer: Answer) -> str | None:
        return None


@quirky()
class OneConnection(AnyOperation, KeptConnection):
    """Requests of all operations share a connection."""
