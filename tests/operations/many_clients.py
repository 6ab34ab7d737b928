"""Faulty clients of many operations, most with a fault in few of them, and quirky ones.

Each fault names the clause that it violates and the operations that show it, as the end of their requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from graphcontract.exchange import Call, Outcome
from tests.operations import AnyOperation
from tests.sample_clients.bases.conforming import Answer, Fields

PARAMETERS, PATH, BODY = "request.path-parameters", "request.path", "request.body"
Client = type[AnyOperation]


@dataclass(frozen=True)
class ManyFault:
    """A faulty client: the clause, its kinds, and a pattern for the operations that show it."""

    client: Client
    clause: str
    kinds: frozenset[str]
    shown_by: str


faults: list[ManyFault] = []
quirks: list[tuple[Client, frozenset[str]]] = []


def faulty(clause: str, *kinds: str, shown_by: str) -> Callable[[Client], Client]:
    """Register a faulty client."""

    def register(client: Client) -> Client:
        faults.append(ManyFault(client, clause, frozenset(kinds), shown_by))
        return client

    return register


def quirky(*short_of: str) -> Callable[[Client], Client]:
    """Register a client that violates no MUST, with the SHOULDs that it does not meet."""

    def register(client: Client) -> Client:
        quirks.append((client, frozenset(short_of)))
        return client

    return register


@faulty(PARAMETERS, "changed", shown_by="/archive$")
class HardCodedPath(AnyOperation):
    """The example of the documentation, in one of forty."""

    def path(self, call: Call) -> str:
        example = "/teams/893075dd-2487-4122-925f-022c42e20265/archive"
        return example if call.path.endswith("/archive") else super().path(call)


@faulty(PARAMETERS, "changed", shown_by="/task7$")
class WrongParameterName(AnyOperation):
    """A placeholder that no argument fills in."""

    def path(self, call: Call) -> str:
        return "/devices/%7Bdevice%2Did%7D/task7" if call.path.endswith("/task7") else super().path(call)


@faulty(PATH, "version", shown_by="beta .*/task9$")
class OtherVersion(AnyOperation):
    """v1.0 in place of beta for one operation."""

    def target(self, call: Call) -> str:
        target = super().target(call)
        return target.replace("/beta/", "/v1.0/") if call.path.endswith("/task9") else target


@faulty(BODY, "content", shown_by=" DELETE ")
class BodyOnDelete(AnyOperation):
    """An empty object with every deletion."""

    def body(self, call: Call) -> bytes:
        return b"{}" if call.method == "DELETE" else b""


@faulty(PARAMETERS, "swapped", shown_by=r"(\{[^}]*\}.*){3}")
class SwappedInThree(AnyOperation):
    """The last two of three or more parameters in another order."""

    def argument(self, call: Call, name: str) -> str:
        names = self.names(call)
        if len(names) < 3:
            return super().argument(call, name)
        first, second = names[-2:]
        return super().argument(call, {first: second, second: first}.get(name, name))


@faulty(PARAMETERS, "unquoted", shown_by="registrations")
class StringUnquoted(AnyOperation):
    """A function's string as if it were a number."""

    def template(self, call: Call) -> str:
        return call.path.replace("'", "")


@faulty(PARAMETERS, "changed", shown_by="")
class PathOfTheOperationBefore(AnyOperation):
    """The first argument is cached, and used by the next call that has one."""

    def __init__(self) -> None:
        super().__init__()
        self.cached: str | None = None

    def argument(self, call: Call, name: str) -> str:
        own = super().argument(call, name)
        if name != self.names(call)[0]:
            return own
        self.cached, found = own, self.cached
        return found or own


@faulty("request.method", "other-method", shown_by="restoreVersion")
class MethodOfOne(AnyOperation):
    """PATCH for one action."""

    def method(self, call: Call) -> str:
        return "PATCH" if call.path.endswith("restoreVersion") else super().method(call)


@faulty(PARAMETERS, "raw", "cut", "split", "changed", shown_by="")
class NothingEncoded(AnyOperation):
    """Values as they are."""

    def encode(self, task_id: str) -> str:
        return task_id


@faulty(PARAMETERS, "changed", shown_by="restoreFactoryDefaults")
class EncodedTwice(AnyOperation):
    """One builder encodes what the library encodes again."""

    def encode(self, task_id: str) -> str:
        return quote(super().encode(task_id), safe="") if self.twice else super().encode(task_id)

    twice = False

    def path(self, call: Call) -> str:
        self.twice = call.path.endswith("restoreFactoryDefaults")
        return super().path(call)


@faulty("error.failure", "success", shown_by="DELETE")
class DeletedIfNotFound(AnyOperation):
    """A deletion is a success if nothing is there."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if call.method == "DELETE" and answer.status in (404, 409):
            return Outcome.success(status=204)
        return super().outcome(call, answer)


@faulty("response.no-content", "failure", "crash", shown_by="/me/drive")
class EmptyResponseParsed(AnyOperation):
    """The model of one operation's response is not optional."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if call.path == "/me/drive" and not answer.content:
            raise ValueError("Expecting value: line 1 column 1 (char 0)")
        return super().outcome(call, answer)


@faulty("request.query", "query", shown_by="/task3$")
class QueryOfOne(AnyOperation):
    """A query that one operation does not take."""

    def query(self, call: Call) -> str:
        return "?$select=id" if call.path.endswith("/task3") else super().query(call)


@faulty("request.query", "missing", "unknown", shown_by=r"members/\$ref")
class QueryLost(AnyOperation):
    """The one query parameter is left out."""

    def query(self, call: Call) -> str:
        return ""


@faulty("request.authorization", "missing", "absent", "none", shown_by="/me/")
class NoTokenForMe(AnyOperation):
    """No token is sent for the signed-in user."""

    def authorization(self, call: Call) -> Fields:
        return [] if call.path.startswith("/me/") else super().authorization(call)


@faulty("input.unusable-id", shown_by=r"\{")
class DotSegmentsSent(AnyOperation):
    """Empty ids and dot segments are not checked."""

    def refuses(self, call: Call, name: str, value: str) -> bool:
        return any(ord(each) < 32 or 127 <= ord(each) < 160 for each in value)


@faulty(PATH, "trailing-slash", shown_by="/softDelete")
class TrailingSlash(AnyOperation):
    """A slash after one action."""

    def template(self, call: Call) -> str:
        return f"{call.path}/" if call.path.endswith("/softDelete") else call.path


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
