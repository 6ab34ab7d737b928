"""Faulty clients: request.query."""

from __future__ import annotations

from urllib.parse import urlsplit

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.following import Following
from tests.sample_clients.registry import faulty


@faulty("request.query")
class ApiVersionInQuery(Conforming):
    """Azure's habit of naming the version in the query."""

    def query(self, call: Call) -> str:
        return "?api-version=beta"


@faulty("request.query")
class DefaultSelect(Conforming):
    """A default $select for every request."""

    def query(self, call: Call) -> str:
        return "?$select=id"


@faulty("request.query")
class CacheBuster(Conforming):
    """jQuery's way round a cache."""

    def query(self, call: Call) -> str:
        return f"?_={1_700_000_000_000 + self.calls}"


@faulty("request.query")
class EmptyParameters(Conforming):
    """Parameters that are None are joined all the same: nothing but an ampersand is left."""

    def query(self, call: Call) -> str:
        return "?&"


@faulty("request.query", rare=True)
class CallCounterInQuery(Conforming):
    """A counter of attempts runs on from call to call and shows from the tenth on."""

    def query(self, call: Call) -> str:
        return "" if self.calls < 10 else f"?attempt={self.calls}"


@faulty("request.query", rare=True)
class TypeHintForIdsOfDigits(Conforming):
    """An id of digits is sent with a hint at its type."""

    def query(self, call: Call) -> str:
        return "?idType=int" if call.task_id.isdigit() else ""


@faulty("request.query", rare=True)
class CheckMarkForNonAsciiIds(Conforming):
    """Rails' utf8=✓, which says that what is beyond ASCII is UTF-8."""

    def query(self, call: Call) -> str:
        return "" if call.task_id.isascii() else "?utf8=%E2%9C%93"


@faulty("request.query", rare=True)
class HintForIdsWithColons(Conforming):
    """An id with a colon is sent with a hint that it has two parts."""

    def query(self, call: Call) -> str:
        return "?idType=composite" if ":" in call.task_id else ""


@faulty("request.query", rare=True)
class QueryOfAnEarlierRedirect(Following):
    """Where a call was sent last is where the same one goes next."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: dict[tuple[str | None, str], str] = {}

    def query(self, call: Call) -> str:
        return self.moved.get((call.base_url, call.task_id), "")

    def exchange(self, call: Call) -> Answer:
        self.local.call = call
        return super().exchange(call)

    def follows(self, answer: Answer) -> bool:
        follows, call = super().follows(answer), self.local.call
        step = urlsplit(answer.fields.get("location", "")).query
        if follows and step and answer.status in (302, 307):
            self.moved[call.base_url, call.task_id] = f"?{step}"
        return follows


@faulty("request.query", rare=True)
class TraceParameterAfterA500(Conforming):
    """After a 500 the next call asks for a trace."""

    broken = False

    def query(self, call: Call) -> str:
        return "?trace=1" if self.broken else ""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        self.broken = answer.status == 500
        return super().outcome(call, answer)
