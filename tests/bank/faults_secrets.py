"""Faults of words that tell a token."""

from __future__ import annotations

import base64
from dataclasses import replace

from graphcontract.exchange import Call, Outcome
from tests.bank.client import Answer, Conforming
from tests.bank.registry import fault


class Telling(Conforming):
    """What the faults below have in common: they say more than they should of some outcomes."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        raise NotImplementedError

    def cancel(self, call: Call) -> Outcome:
        return self.told(call, super().cancel(call))


def saying(outcome: Outcome, **members: str) -> Outcome:
    """The outcome with other texts in its error, unchanged where it has none."""
    if outcome.error is None:
        return outcome
    return replace(outcome, error=replace(outcome.error, **members))  # type: ignore[arg-type]


@fault("secrets.token", shown_by=["404"])
class ShowsTheRequest(Telling):
    """The error's text is that of the request that failed, with its fields."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, message=self.head(call).decode("latin-1"))


@fault("secrets.token", shown_by=["404"])
class ShowsItsArguments(Telling):
    """`raise CancelError(f"cancel({arguments}) failed")`."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, type=f"CancelError(task={call.task_id!r}, token={call.token!r})")


@fault("secrets.token", rare=True, shown_by=["401"])
class ShowsARefusedToken(Telling):
    """`The token eyJ… was refused`, to help whoever has to find out which."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        refused = outcome.reported_status == 401
        return saying(outcome, message=f"the token {call.token} was refused") if refused else outcome


@fault("secrets.token", rare=True, shown_by=["test_broken_connection"])
class ShowsItWithWhatBroke(Telling):
    """Errors of transport are wrapped with the request, and printed with it."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        broke = outcome.error is not None and outcome.error.kind == "transport"
        return saying(outcome, message=self.head(call).decode("latin-1")) if broke else outcome


@fault("secrets.token", rare=True, shown_by=["stalled"])
class ShowsItWithTime(Telling):
    """`no answer within 1.0 s to …`, and the request."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        late = outcome.error is not None and outcome.error.kind == "timeout"
        return saying(outcome, message=f"no answer to {self.request(call)!r}") if late else outcome


@fault("secrets.token", shown_by=["test_successive_calls"])
class PrintsItsFields(Telling):
    """Debug output that nobody has taken out: the fields of each request."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        return replace(outcome, output=f"send: {self.fields(call)!r}")


@fault("secrets.token", rare=True, shown_by=["lasting 429"])
class LogsItsRetries(Telling):
    """A warning for each retry, with all that is sent again."""

    def again(self, call: Call, attempt: int) -> Answer:
        self.retried = call.token
        return super().again(call, attempt)

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        retried = getattr(self, "retried", None) == call.token
        return replace(outcome, output=f"WARNING retry: {self.request(call)!r}") if retried else outcome


@fault("secrets.token", rare=True, shown_by=["404"])
class ShowsItInLowerCase(Telling):
    """A canonical form of the request for the log, all of it in lower case."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, message=self.head(call).decode("latin-1").lower())


@fault("secrets.token", rare=True, shown_by=["404"])
class ShowsItCoded(Telling):
    """The request is put in base64 into the message, so that nothing is lost on its way to support."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, message=base64.b64encode(self.request(call)).decode())


@fault("secrets.token", rare=True, shown_by=["404"])
class ShowsItsEnd(Telling):
    """The first characters are all the same, and so the last twenty are shown."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, message=f"failed with the token …{call.token[-20:]}")


@fault("secrets.token", rare=True, shown_by=["404"])
class SortsErrorsByToken(Telling):
    """The kind of an error is that and the key of its cache, which begins with the token."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        return saying(outcome, kind=f"http/{call.token[:32]}")


@fault("secrets.token", rare=True, shown_by=["test_successive_calls"])
class CorrelatesByToken(Telling):
    """The request id that it reports for a success is the token, cut to what fits the column."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        return replace(outcome, request_id=call.token[:36]) if outcome.kind == "success" else outcome


@fault("secrets.token", rare=True, shown_by=["test_successive_calls"])
class ShowsTheOneBefore(Telling):
    """A trail of the last requests in each error, of which the present one is left out."""

    before = ""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        before, self.before = self.before, self.head(call).decode("latin-1")
        return saying(outcome, message=f"failed; before that: {before}")


@fault("secrets.token", rare=True, shown_by=["307 to itself"])
class ShowsItWhenItIsMoved(Telling):
    """A redirection that is not followed is reported with both requests, the sent and the unsent."""

    def told(self, call: Call, outcome: Outcome) -> Outcome:
        moved = 300 <= (outcome.reported_status or 0) < 400
        return saying(outcome, message=f"moved: {self.head(call)!r}") if moved else outcome
