"""Faulty clients: secrets.token."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.logging import Logging
from tests.sample_clients.registry import faulty


class ReportsTooMuch(Conforming):
    """Base class: they say more than they should of some outcomes."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        raise NotImplementedError

    def cancel(self, call: Call) -> Outcome:
        return self.expose(call, super().cancel(call))


def saying(outcome: Outcome, **members: str) -> Outcome:
    """The outcome with other texts in its error, unchanged where it has none."""
    if outcome.error is None:
        return outcome
    return replace(outcome, error=replace(outcome.error, **members))  # type: ignore[arg-type]


@faulty("secrets.token", shown_by=["404"])
class RequestInErrorMessage(ReportsTooMuch):
    """The error's text is that of the request that failed, with its fields."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, message=self.head(call).decode("latin-1"))


@faulty("secrets.token", shown_by=["404"])
class ArgumentsInErrorMessage(ReportsTooMuch):
    """`raise CancelError(f"cancel({arguments}) failed")`."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, type=f"CancelError(task={call.task_id!r}, token={call.token!r})")


@faulty("secrets.token", rare=True, shown_by=["401"])
class RejectedTokenInErrorMessage(ReportsTooMuch):
    """`The token eyJ… was refused`, to help whoever has to find out which."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        refused = outcome.reported_status == 401
        return saying(outcome, message=f"the token {call.token} was refused") if refused else outcome


@faulty("secrets.token", rare=True, shown_by=["test_broken_connection"])
class RequestInTransportError(ReportsTooMuch):
    """Errors of transport are wrapped with the request, and printed with it."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        broke = outcome.error is not None and outcome.error.kind == "transport"
        return saying(outcome, message=self.head(call).decode("latin-1")) if broke else outcome


@faulty("secrets.token", rare=True, shown_by=["stalled"])
class RequestInTimeoutError(ReportsTooMuch):
    """`no answer within 1.0 s to …`, and the request."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        late = outcome.error is not None and outcome.error.kind == "timeout"
        return saying(outcome, message=f"no answer to {self.request(call)!r}") if late else outcome


@faulty("secrets.token", shown_by=["test_successive_calls"])
class PrintsRequestFields(ReportsTooMuch):
    """Debug output that nobody has taken out: the fields of each request."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        return replace(outcome, output=f"send: {self.fields(call)!r}")


@faulty("secrets.token", rare=True, shown_by=["lasting 429"])
class LogsRetriedRequests(ReportsTooMuch):
    """A warning for each retry, with all that is sent again."""

    def again(self, call: Call, attempt: int) -> Answer:
        self.retried = call.token
        return super().again(call, attempt)

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        retried = getattr(self, "retried", None) == call.token
        return replace(outcome, output=f"WARNING retry: {self.request(call)!r}") if retried else outcome


@faulty("secrets.token", rare=True, shown_by=["404"])
class LowerCaseRequestInErrorMessage(ReportsTooMuch):
    """A canonical form of the request for the log, all of it in lower case."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, message=self.head(call).decode("latin-1").lower())


@faulty("secrets.token", rare=True, shown_by=["404"])
class Base64RequestInErrorMessage(ReportsTooMuch):
    """The request is put in base64 into the message, so that nothing is lost on its way to support."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, message=base64.b64encode(self.request(call)).decode())


@faulty("secrets.token", rare=True, shown_by=["404"])
class EndOfTokenInErrorMessage(ReportsTooMuch):
    """The first characters are all the same, and so the last twenty are shown."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, message=f"failed with the token …{call.token[-20:]}")


@faulty("secrets.token", rare=True, shown_by=["404"])
class TokenPrefixInErrorKind(ReportsTooMuch):
    """The kind of an error is that and the key of its cache, which begins with the token."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, kind=f"http/{call.token[:32]}")


@faulty("secrets.token", rare=True, shown_by=["test_successive_calls"])
class TokenAsRequestIdOfSuccess(ReportsTooMuch):
    """The request id that it reports for a success is the token, cut to what fits the column."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        return replace(outcome, request_id=call.token[:36]) if outcome.kind == "success" else outcome


@faulty("secrets.token", rare=True, shown_by=["test_successive_calls"])
class PreviousRequestInErrorMessage(ReportsTooMuch):
    """A trail of the last requests in each error, of which the present one is left out."""

    before = ""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        before, self.before = self.before, self.head(call).decode("latin-1")
        return saying(outcome, message=f"failed; before that: {before}")


@faulty("secrets.token", rare=True, shown_by=["307 to itself"])
class RequestInRedirectError(ReportsTooMuch):
    """A redirection that is not followed is reported with both requests, the sent and the unsent."""

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        moved = 300 <= (outcome.reported_status or 0) < 400
        return saying(outcome, message=f"moved: {self.head(call)!r}") if moved else outcome


@faulty("secrets.token", rare=True)
class TokenAsRequestIdOf202(Conforming):
    """Where a 202 tells no request id, the call is known by what it was made with."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        outcome = super().outcome(call, answer)
        return replace(outcome, request_id=call.token) if answer.status == 202 else outcome


@faulty("secrets.token", rare=True)
class TokenClaimsInErrorType(Conforming):
    """The exception for a token that is refused is called by its claims: the JWT but for its header."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        failed = super().failure(call, answer)
        claims = call.token.partition(".")[2]
        if failed.error is None or answer.status != 401 or not claims:
            return failed
        return replace(failed, error=replace(failed.error, type=f"Refused[{claims}]"))


@faulty("secrets.token", shown_by=["success logged"])
class LogsTheHead(Logging):
    """At debug level, the request as it is sent."""

    def describe(self, call: Call) -> str:
        return self.head(call).decode("latin-1")


@faulty("secrets.token", shown_by=["404 logged"])
class LogsACommandToRepeatAFailure(Logging):
    """A line for curl, to try by hand what has failed."""

    def describe_answer(self, call: Call, answer: Answer) -> str:
        if answer.status != 404:
            return super().describe_answer(call, answer)
        return f"curl -X {self.method(call)} -H 'Authorization: Bearer {call.token}' {call.base_url}"


@faulty("secrets.token", shown_by=["401 logged"])
class LogsTheRejectedTokensParts(Logging):
    """A 401 is logged with the three parts of the token, to see whom it is for."""

    def describe_answer(self, call: Call, answer: Answer) -> str:
        parts = call.token.split(".") if answer.status == 401 else []
        return " ".join([super().describe_answer(call, answer), *parts])


@faulty("secrets.token", shown_by=["a retry logged"])
class LogsTheFieldsOfARetry(Logging):
    """What is sent again is logged with its fields, as it may differ."""

    def again(self, call: Call, attempt: int) -> Answer:
        self.log(f"attempt {attempt}: {self.fields(call)}")
        return super().again(call, attempt)


@faulty("secrets.token", rare=True, shown_by=["test_interim_responses"])
class ReportsTheRequestAfterHints(ReportsTooMuch):
    """An interim response is unexpected, and the request is added to the error of the call for diagnosis."""

    hinted = False

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        answer = super().read_head(line)
        self.hinted = self.hinted or answer.status == 103
        return answer

    def expose(self, call: Call, outcome: Outcome) -> Outcome:
        hinted, self.hinted = self.hinted, False
        if not hinted or outcome.error is None:
            return outcome
        return saying(outcome, message=f"{outcome.error.message} (Bearer {call.token})")
