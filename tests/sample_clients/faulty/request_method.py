"""Faulty clients: request.method."""

from __future__ import annotations

from graphcontract.exchange import Call
from tests.sample_clients.bases.calls import FollowsAdvice
from tests.sample_clients.bases.conforming import Answer, Conforming, Fields
from tests.sample_clients.registry import faulty


@faulty("request.method")
class LowerCaseMethod(Conforming):
    """curl -X post, Go's NewRequest("post", …): the method goes out as it is spelled."""

    def method(self, call: Call) -> str:
        return "post"


@faulty("request.method")
class GetWithoutContent(Conforming):
    """urllib and many wrappers choose GET where no data is given."""

    def method(self, call: Call) -> str:
        return "GET"


@faulty("request.method")
class PatchOfTheStatus(Conforming):
    """Canceling taken for a change of the task's status."""

    def method(self, call: Call) -> str:
        return "PATCH"


@faulty("request.method")
class PutWithMethodOverride(Conforming):
    """A proxy's habit: PUT on the wire, and the true method in a field that Graph does not read."""

    def method(self, call: Call) -> str:
        return "PUT"

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [*super().fields(call), ("X-HTTP-Method-Override", "POST")]


@faulty("request.method", rare=True)
class DefaultMethodAfterTenCalls(Conforming):
    """A pooled request object goes back to its default method after ten uses."""

    def method(self, call: Call) -> str:
        return "POST" if self.calls % 11 else "GET"


@faulty("request.method", rare=True)
class QueryMethodForLongTargets(Conforming):
    """Targets longer than MAX_PATH go out as QUERY, which a search client brought in for all of them."""

    def method(self, call: Call) -> str:
        return "POST" if len(self.target(call)) <= 260 else "QUERY"


@faulty("request.method", rare=True)
class AllowedMethodAfter405(FollowsAdvice):
    """After 405 the first method of Allow is tried."""

    def better(self, call: Call, answer: Answer) -> bytes | None:
        allowed = answer.fields.get("allow", "").partition(",")[0]
        if answer.status != 405 or not allowed:
            return None
        return self.request(call).replace(b"POST", allowed.encode(), 1)


class NamesAnotherMethod(Conforming):
    """Base class: a field with another method beside POST."""

    field = ("", "")

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), self.field]


@faulty("request.method")
class PatchByMethodOverride(NamesAnotherMethod):
    """A proxy lets GET and POST through only, and so everything is a POST that says what it means."""

    field = ("X-HTTP-Method-Override", "PATCH")


@faulty("request.method", rare=True)
class MergeByMethodField(NamesAnotherMethod):
    """SharePoint's way to change an item."""

    field = ("x-http-method", "MERGE")
