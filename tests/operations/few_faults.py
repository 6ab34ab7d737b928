"""Faulty clients with a fault in a few operations: one line of a generated library, or one family."""

from __future__ import annotations

import re
from urllib.parse import quote

from graphcontract.exchange import Call, Outcome
from tests.operations.many_clients import PARAMETERS, PATH, QUERY, InSome, faulty
from tests.sample_clients.bases.conforming import Answer, Fields


@faulty(PARAMETERS, "changed")
class HardCodedPath(InSome):
    """The example of the documentation."""

    where = "restoreFactoryDefaults"

    def path(self, call: Call) -> str:
        example = "/print/printers/893075dd-2487-4122-925f-022c42e20265/restoreFactoryDefaults"
        return example if self.is_there(call) else super().path(call)


@faulty(PARAMETERS, "changed")
class WrongParameterName(InSome):
    """A placeholder that no argument fills in."""

    where = "/print/printers/[^/]*/resetDefaults"

    def path(self, call: Call) -> str:
        path = "/print/printers/%7Bprinter%2Did%7D/resetDefaults"
        return path if self.is_there(call) else super().path(call)


@faulty(PATH, "version")
class OtherVersion(InSome):
    """v1.0 in place of beta."""

    where = "/checkout$"

    def target(self, call: Call) -> str:
        target = super().target(call)
        return target.replace("/beta/", "/v1.0/") if self.is_there(call) else target


@faulty("request.body", "content")
class BodyOnOneDelete(InSome):
    """An empty object with one deletion."""

    where = r"DELETE /groups/[^/]*/photo/\$value"

    def body(self, call: Call) -> bytes:
        return b"{}" if self.is_there(call) else b""


@faulty("request.method", "other-method")
class PatchForPost(InSome):
    """The method of an update for one action."""

    where = "POST /sites/.*/restoreVersion"

    def method(self, call: Call) -> str:
        return "PATCH" if self.is_there(call) else super().method(call)


@faulty("request.method", "other-method")
class PostForDelete(InSome):
    """The method of the neighbouring actions for one deletion."""

    where = "DELETE /admin/edge$"

    def method(self, call: Call) -> str:
        return "POST" if self.is_there(call) else super().method(call)


@faulty(PATH, "trailing-slash")
class TrailingSlash(InSome):
    """A slash after one action."""

    where = "/teams/.*/replies/.*/softDelete"

    def template(self, call: Call) -> str:
        return f"{call.path}/" if self.is_there(call) else call.path


@faulty(PATH, "other-segment")
class PathOfItsSibling(InSome):
    """A line copied from the action above."""

    where = "ediscovery.reopen"

    def template(self, call: Call) -> str:
        return call.path.replace("ediscovery.reopen", "ediscovery.close")


@faulty(PATH, "missing-segment")
class CastDropped(InSome):
    """A type cast is left out of the path."""

    where = "/graph.iosLobApp/"

    def template(self, call: Call) -> str:
        return call.path.replace("/graph.iosLobApp", "")


@faulty(PATH, "other-segment")
class CastWithoutNamespace(InSome):
    """A type cast by the name alone."""

    where = "/graph.androidLobApp/"

    def template(self, call: Call) -> str:
        return call.path.replace("/graph.androidLobApp", "/androidLobApp")


@faulty(PATH, "missing-segment")
class ReferenceDropped(InSome):
    """The owner is deleted, and not the reference to it."""

    where = r"/applications/[^/]*/owners/\{.*/\$ref"

    def template(self, call: Call) -> str:
        return call.path.removesuffix("/$ref") if self.is_there(call) else call.path


@faulty(PARAMETERS, "lost")
class CollectionForMember(InSome):
    """The last id is left out of one path."""

    where = "/devices/.*/extensions"

    def template(self, call: Call) -> str:
        return call.path.rpartition("/")[0] if self.is_there(call) else call.path


@faulty(PATH, "extra-segment")
class UserForMe(InSome):
    """One request of the signed-in user by the name `me` as an id."""

    where = "/me/messages/.*/unsubscribe"

    def template(self, call: Call) -> str:
        return f"/users{call.path}" if self.is_there(call) else call.path


@faulty(PARAMETERS, "lost")
class MeForUser(InSome):
    """The signed-in user in place of another one."""

    where = "/users/.*/messages/[^/]*/send"

    def template(self, call: Call) -> str:
        return re.sub(r"^/users/\{\w+\}", "/me", call.path) if self.is_there(call) else call.path


@faulty(PARAMETERS, "swapped")
class RowAndColumnSwapped(InSome):
    """A signature in another order than the function's."""

    where = "cell.*/unmerge"

    def argument(self, call: Call, name: str) -> str:
        other = {"row": "column", "column": "row"} if self.is_there(call) else {}
        return super().argument(call, other.get(name, name))


@faulty(PARAMETERS, "repeated")
class FirstOfTwoTwice(InSome):
    """A line copied without changing the second name."""

    where = "/print/printers/.*/jobs/[^/]*/cancel$"

    def argument(self, call: Call, name: str) -> str:
        return super().argument(call, self.names(call)[0] if self.is_there(call) else name)


@faulty(PARAMETERS, "merged")
class MergedIds(InSome):
    """A composite key in one segment."""

    where = "/sites/[^/]*/contentTypes/[^/]*/publish"

    def template(self, call: Call) -> str:
        if not self.is_there(call):
            return call.path
        first, second = self.names(call)
        return call.path.replace(f"/{{{first}}}", "").replace(f"{{{second}}}", f"{{{first}}},{{{second}}}")


@faulty(PARAMETERS, "changed")
class EncodedTwice(InSome):
    """One builder encodes what the library encodes again."""

    where = "restoreFactoryDefaults"

    def value(self, call: Call, name: str, *, is_literal: bool) -> str:
        value = super().value(call, name, is_literal=is_literal)
        return quote(value, safe="") if self.is_there(call) else value


@faulty(PARAMETERS, "raw", "cut", "split", "changed")
class OneNotEncoded(InSome):
    """A path put together like text."""

    where = "DELETE /devices/[^/]*$"

    def value(self, call: Call, name: str, *, is_literal: bool) -> str:
        if self.is_there(call):
            return call.arguments[name]
        return super().value(call, name, is_literal=is_literal)


@faulty(PARAMETERS, "raw", "changed", "cut", "split")
class NonAsciiRawBelowSites(InSome):
    """ASCII alone is encoded in one family."""

    where = " /sites/"

    def value(self, call: Call, name: str, *, is_literal: bool) -> str:
        value = super().value(call, name, is_literal=is_literal)
        if not self.is_there(call):
            return value
        return re.sub(
            "(?:%[89A-F].)+", lambda found: bytes.fromhex(found[0].replace("%", "")).decode(), value
        )


@faulty(PARAMETERS, "quotes")
class QuotesOfOneFunctionNotDoubled(InSome):
    """One function's literal is built by hand."""

    where = r"/getByPath"

    def value(self, call: Call, name: str, *, is_literal: bool) -> str:
        return super().value(call, name, is_literal=is_literal and not self.is_there(call))


@faulty(PATH, "other-segment", "missing-segment", "extra-segment")
class PathOfTheOperationBefore(InSome):
    """One action reuses the request that was built before it."""

    where = "/me/messages/[^/]*/send"

    def __init__(self) -> None:
        super().__init__()
        self.last: str | None = None

    def path(self, call: Call) -> str:
        own = super().path(call)
        if self.is_there(call):
            return self.last or own
        self.last = own
        return own


@faulty("request.authorization")
class NoTokenBelowPrint(InSome):
    """The requests of one family go without a token."""

    where = " /print/"

    def authorization(self, call: Call) -> Fields:
        return [] if self.is_there(call) else super().authorization(call)


@faulty("request.once", "repeated")
class SentTwice(InSome):
    """One request is sent by the method and by what it calls."""

    where = "/teams/[^/]*/completeMigration"

    def exchange(self, call: Call) -> Answer:
        if self.is_there(call):
            super().exchange(call)
        return super().exchange(call)


@faulty(QUERY, "query")
class QueryOfOne(InSome):
    """A query that one operation does not take."""

    where = "/print/printers/[^/]*/resetDefaults"

    def query(self, call: Call) -> str:
        return "?$select=id" if self.is_there(call) else super().query(call)


@faulty(QUERY, "changed")
class PlusInOneQuery(InSome):
    """A plus is left alone in a query, which servers read as a space."""

    where = r"/applications/[^/]*/owners/\$ref"

    def query(self, call: Call) -> str:
        query = super().query(call)
        return query.replace("%2B", "+") if self.is_there(call) else query


@faulty("error.failure", "success")
class AnyStatusIsSuccess(InSome):
    """The status code of one family is not looked at."""

    where = " /applications"

    def succeeded(self, answer: Answer) -> bool:
        return True

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        return super().outcome(call, answer) if self.is_there(call) else self.checked(call, answer)

    def checked(self, call: Call, answer: Answer) -> Outcome:
        is_success = 200 <= answer.status < 300
        return Outcome.success(status=answer.status) if is_success else self.failure(call, answer)


@faulty("response.no-content", "failure", "crash")
class EmptyResponseParsed(InSome):
    """The model of one operation's response is not optional."""

    where = "/me/calendar/permanentDelete"

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if self.is_there(call) and not answer.content:
            raise ValueError("Expecting value: line 1 column 1 (char 0)")
        return super().outcome(call, answer)


@faulty("error.failure", "crash")
class ErrorParsedAsModel(InSome):
    """One operation reads its response before it looks at the status code."""

    where = "POST /sites/[^/]*/unarchive"

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if self.is_there(call) and not self.succeeded(answer):
            raise KeyError("value")
        return super().outcome(call, answer)
