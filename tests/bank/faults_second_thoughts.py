"""Faults of what comes second: the second hop, the refusal of a retry, the call after the call. And of texts
that a client thinks it knows.
"""

from __future__ import annotations

import base64
import html
import re
import threading
import time
import unicodedata
from dataclasses import replace
from datetime import datetime
from urllib.parse import SplitResult, quote, urlsplit

from graphcontract.exchange import Call, Outcome
from tests.bank.client import Answer, Conforming
from tests.bank.following import Following
from tests.bank.registry import fault

# retries


@fault("retry.after", rare=True, shown_by=["429 for 4 s"])
class CapsItsWaits(Conforming):
    """No wait is longer than two seconds: a user is waiting."""

    def seconds(self, value: str) -> float:
        return min(super().seconds(value), 2.0)


@fault("retry.after", rare=True, shown_by=["until a date as in RFC 850", "until a date as C writes it"])
class ReadsOneFormOfDate(Conforming):
    """`strptime` with the one form; for what it cannot read there is a backoff of its own."""

    def seconds(self, value: str) -> float:
        if not value.isdigit() and not re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", value):
            return 0.3
        return super().seconds(value)


@fault("retry.bounded", rare=True, shown_by=["long after the call"])
class TriesOnceMoreLater(Conforming):
    """A call that ran out of time is finished in the background, for good measure."""

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        if answer.status == 503 and call.timeout <= 1.0:
            threading.Thread(target=self.later, args=(call,), daemon=True).start()
        return answer

    def later(self, call: Call) -> None:
        time.sleep(2.7)
        self.exchange(call)


@fault("retry.refused", rare=True)
class WaitsWhereItIsToldTo(Conforming):
    """Whatever tells a Retry-After invites another try."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) or (answer.status in (400, 403) and "retry-after" in answer.fields)


@fault("retry.refused", "retry.conflict", rare=True)
class RepeatsUntilItIsDone(Conforming):
    """Once it tries again, it goes on for any failure."""

    def persist(self, call: Call) -> Answer:
        first = answer = self.exchange(call)
        for _ in range(self.retries):
            if not self.repeats(first) or answer.status < 400:
                break
            time.sleep(min(self.seconds(answer.fields.get("retry-after", "0")), call.timeout))
            answer = self.exchange(call)
        return answer


class OneRequest(Conforming):
    """What the faults below have in common: the client keeps one call, that which came last."""

    latest: Call | None = None

    def persist(self, call: Call) -> Answer:
        self.latest = call
        return super().persist(call)


@fault("retry.equivalent", rare=True)
class RetriesWithTheLatestToken(OneRequest):
    """The token is the client's, and a retry is signed anew: at the same time, with another user's."""

    def again(self, call: Call, attempt: int) -> Answer:
        return self.exchange(replace(call, token=(self.latest or call).token))


@fault("retry.equivalent", rare=True)
class RetriesTheLatestTask(OneRequest):
    """What is tried again is the task that was asked for last."""

    def again(self, call: Call, attempt: int) -> Answer:
        return self.exchange(replace(call, arguments=(self.latest or call).arguments))


# redirections


@fault("redirect.method", rare=True)
class ForgetsTheMethodOnTheWay(Following):
    """The request that follows a redirection is a new one, of the default method, from the second on."""

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET" if self.local.hops > 1 else method


@fault("redirect.credentials", "redirect.credentials-port", rare=True)
class ComparesWithTheHopBefore(Following):
    """The token goes where the host is that of the request before: also to the second one elsewhere."""

    def exchange(self, call: Call) -> Answer:
        self.local.before = None
        return super().exchange(call)

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        before, self.local.before = self.local.before or here, there
        return (before.scheme, before.netloc) == (there.scheme, there.netloc)


@fault("response.redirection", rare=True)
class TakesAnEmptyLocationForDone(Conforming):
    """A Location that leads nowhere leads to where one is."""

    def succeeded(self, answer: Answer) -> bool:
        empty = answer.status in (301, 302, 307, 308) and answer.fields.get("location") == ""
        return super().succeeded(answer) or empty


@fault("calls.independent", rare=True, shown_by=["test_call_after_permanent_redirect"])
class MovedForGood(Following):
    """What has moved for good is asked for at its new place from then on, whichever task is meant."""

    new: str | None = None

    def path(self, call: Call) -> str:
        return self.new or super().path(call)

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        followed = super().hop(call, here, there, method, answer)
        if answer.status == 308:
            self.new = there.path.removeprefix(urlsplit(call.base_url or "").path)
        return followed


# errors


@fault("error.failure", rare=True)
class TakesAlreadyDoneForDone(Conforming):
    """A task that has ended needs no cancel: who reads "already" in the message is content."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or "already" in (self.message(answer) or "")


@fault("error.shape", rare=True)
class ReadsDatesStrictly(Conforming):
    """The date of an inner error is parsed in the form that the documentation shows."""

    def request_id(self, answer: Answer) -> str | None:
        inner = self.error(answer).get("innerError")
        if isinstance(inner, dict) and isinstance(inner.get("date"), str):
            datetime.strptime(inner["date"], "%Y-%m-%dT%H:%M:%S")
        return super().request_id(answer)


@fault("error.malformed", rare=True)
class CountsCodes(Conforming):
    """A code that is a number is made a whole one, and shown."""

    def code(self, answer: Answer) -> str | None:
        code = self.error(answer).get("code")
        return (
            str(int(code)) if isinstance(code, float) and not isinstance(code, bool) else super().code(answer)
        )


@fault("secrets.token", rare=True)
class NamesTheCallByItsToken(Conforming):
    """Where a 202 tells no request id, the call is known by what it was made with."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        outcome = super().outcome(call, answer)
        return replace(outcome, request_id=call.token) if answer.status == 202 else outcome


# requests


@fault("request.query", rare=True)
class TracesAfterAServerError(Conforming):
    """After a 500 the next call asks for a trace."""

    broken = False

    def query(self, call: Call) -> str:
        return "?trace=1" if self.broken else ""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        self.broken = answer.status == 500
        return super().outcome(call, answer)


@fault("request.authorization", rare=True)
class TrimsTokens(Conforming):
    """What a configuration file left at the end of a token is taken off: line ends, and dots and tildes."""

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {call.token.rstrip('.~')}")]


@fault("request.authorization", rare=True)
class MakesTokensSafe(Conforming):
    """Tokens are base64, and base64 is to be safe in a URL."""

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        token = call.token.replace("+", "-").replace("/", "_")
        return [("Authorization", f"Bearer {token}")]


@fault("request.authorization", rare=True)
class PadsTokens(Conforming):
    """A token that looks like base64 is decoded, to see that it is whole, and encoded again."""

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        token = call.token
        if "+" in token or "/" in token:
            token = base64.b64encode(base64.b64decode(token + "===", altchars=b"+/")).decode()
        return [("Authorization", f"Bearer {token}")]


class Rewriting(Conforming):
    """What the faults below have in common: an id is not taken as it is."""

    def rewritten(self, task_id: str) -> str:
        raise NotImplementedError

    def encode(self, task_id: str) -> str:
        return quote(self.rewritten(task_id), safe="")


@fault("request.task-id", rare=True)
class Unquotes(Rewriting):
    """An id in quotes comes from a spreadsheet, and the quotes are not part of it."""

    def rewritten(self, task_id: str) -> str:
        quoted = len(task_id) > 2 and task_id[0] == task_id[-1] and task_id[0] in "'\""
        return task_id[1:-1] if quoted else task_id


@fault("request.task-id", rare=True)
class KnowsDigits(Rewriting):
    """`int()` reads digits of every script, and `str()` writes one."""

    def rewritten(self, task_id: str) -> str:
        plain = "".join(
            str(unicodedata.decimal(each)) if unicodedata.decimal(each, None) is not None else each
            for each in task_id
        )
        return plain if not task_id.isascii() and plain.isdigit() else task_id


@fault("request.task-id", rare=True)
class ReadsUuids(Rewriting):
    """`uuid.UUID()` reads the URN of a UUID, and writes the UUID."""

    def rewritten(self, task_id: str) -> str:
        return task_id.removeprefix("urn:uuid:")


@fault("request.task-id", rare=True)
class Unescapes(Rewriting):
    """An id was copied from a page, with its named entities."""

    def rewritten(self, task_id: str) -> str:
        named = re.sub(r"&([a-z]{3,8});", lambda found: html.unescape(found[0]), task_id)
        return task_id if named == task_id.replace("&amp;", "&") else named


@fault("request.task-id", rare=True)
class DropsPathParameters(Rewriting):
    """`;jsessionid=…` is the container's, and never part of a segment."""

    def rewritten(self, task_id: str) -> str:
        return re.sub(r";(jsessionid|v)=.*", "", task_id)


@fault("request.task-id", rare=True)
class HasABufferForTheTarget(Conforming):
    """The request target is written into 8,190 bytes."""

    def target(self, call: Call) -> str:
        return super().target(call)[:8190]


# what is left behind


@fault("request.authorization", rare=True)
class SplitsLongTokens(Conforming):
    """What a gateway's limit for a field leaves over goes into a cookie as well."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        rest = call.token[4000:]
        return [*super().fields(call), *([("Cookie", f"C2={rest}")] if rest else [])]


@fault("secrets.token", rare=True)
class NamesTheClaims(Conforming):
    """The exception for a token that is refused is called by its claims: the JWT but for its header."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        told = super().failure(call, answer)
        claims = call.token.partition(".")[2]
        if told.error is None or answer.status != 401 or not claims:
            return told
        return replace(told, error=replace(told.error, type=f"Refused[{claims}]"))


@fault("calls.independent", rare=True)
class KeepsARequestId(Conforming):
    """Where an answer tells no request id, the last one that was told is as good."""

    kept: str | None = None

    def request_id(self, answer: Answer) -> str | None:
        self.kept = super().request_id(answer) or self.kept
        return self.kept


@fault("request.path", rare=True)
class ClosesWhatEndsInAnEqualsSign(Conforming):
    """A path that ends in `%3D` looks like a query that lost its value, and gets a slash."""

    def path(self, call: Call) -> str:
        path = super().path(call)
        return f"{path}/" if call.task_id.endswith("=") else path
