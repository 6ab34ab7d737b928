"""Variants: what a service may do, odd as it is. Whoever fails one of them is too strict."""

# ruff: noqa: ARG002, D102 - a step has the arguments and the description of the one that it replaces

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, ClassVar

from starlette.responses import Response, StreamingResponse

from graphcontract.tenant.registry import variant
from graphcontract.tenant.responses import JSON, Refusal
from graphcontract.tenant.steps import Asked, Steps, Tenant
from graphcontract.tenant.tasks import Status, Task
from graphcontract.tenant.token_validation import Caller
from graphcontract.tenant.wrong_effects import Delayed

# Errors: their shape.


@variant()
class InnerErrorInLowerCase(Steps):
    """`innererror` is spelled in lower case, as OData has it."""

    def error_object(self, asked: Asked, refusal: Refusal) -> dict[str, Any]:
        error = super().error_object(asked, refusal)
        return error | {"innererror": error.pop("innerError")}


@variant()
class NoInnerError(Steps):
    """Errors have a code and a message alone."""

    def error_object(self, asked: Asked, refusal: Refusal) -> dict[str, Any]:
        error = super().error_object(asked, refusal)
        return {name: error[name] for name in ("code", "message")}


@variant()
class MoreErrorMembers(Steps):
    """Errors have a target, details and members that nobody knows."""

    def error_object(self, asked: Asked, refusal: Refusal) -> dict[str, Any]:
        detail = {"code": "detail", "message": "It is so.", "target": None}
        more = {"target": "id", "details": [detail], "severity": 3, "innerErrors": None}
        return super().error_object(asked, refusal) | more


@variant()
class OtherCodes(Steps):
    """Errors have another of the codes that are known for their status, or a new one."""

    def code(self, refusal: Refusal) -> str:
        return self.tenant.contract.error_codes.get(refusal.status, ("", "newCode"))[-1]


@variant()
class MessagesInOtherLanguages(Steps):
    """Messages are long, and in letters beyond ASCII."""

    def error_object(self, asked: Asked, refusal: Refusal) -> dict[str, Any]:
        told = "Η εργασία δεν ακυρώθηκε. 任务未取消。 \U0001f6d1\n" * 20
        return super().error_object(asked, refusal) | {"message": told}


@variant()
class ChunkedErrors(Steps):
    """Errors come in chunks, without a Content-Length."""

    def error(self, asked: Asked, refusal: Refusal) -> Response:
        content = bytes(super().error(asked, refusal).body)

        def parts() -> Iterator[bytes]:
            yield content[:10]
            yield content[10:]

        return StreamingResponse(parts(), refusal.status, media_type=JSON)


@variant("service.request-id")
class FrontDoorSpeaksHtml(Steps):
    """A malformed id is refused by a front door: HTML, and no request-id."""

    def answer(self, asked: Asked) -> Response:
        response = super().answer(asked)
        if response.status_code != 400:
            return response
        return Response("<html><h2>Bad Request</h2></html>", 400, media_type="text/html; charset=us-ascii")


# Errors: their status.


@variant()
class NoAllow(Steps):
    """A 405 does not say which methods there are."""

    def other_method(self, asked: Asked, caller: Caller) -> Response:
        raise Refusal(405, "This method is not allowed.")


@variant("service.refusal-status")
class OtherMethodsAreNotFound(Steps):
    """Another method is answered with 404."""

    def other_method(self, asked: Asked, caller: Caller) -> Response:
        raise Refusal(404, "There is no such function.")


@variant()
class OtherMethodsAreNotImplemented(Steps):
    """Another method is answered with 501."""

    def other_method(self, asked: Asked, caller: Caller) -> Response:
        raise Refusal(501, "This method is not implemented.")


@variant()
class MalformedIsNotFound(Steps):
    """An id that could be no task's is answered with 404, as an unknown one."""

    def malformed(self, asked: Asked) -> Refusal:
        return self.unknown(asked)


@variant("service.refusal-status")
class UnknownIsABadRequest(Steps):
    """A cancel of an id that is unknown is answered with 400; a GET of it with 404."""

    def unknown(self, asked: Asked) -> Refusal:
        if asked.named.operation == "cancel":
            return Refusal(400, "The task could not be found.", code="invalidRequest")
        return super().unknown(asked)


@variant("service.refusal-status")
class StartedIsUnprocessable(Steps):
    """A cancel of a task that has started is answered with 422."""

    def too_late(self, task: Task) -> Refusal:
        return Refusal(422, "The task has started.")


@variant("service.refusal-status")
class ForbiddenIsNotFound(Steps):
    """A cancel without the permission is answered with 404, which hides whether there is such a task."""

    def forbidden(self, message: str) -> Refusal:
        return Refusal(404, "There is no such task.")


@variant()
class RepeatIsCancelledAgain(Steps):
    """A second cancel of a task is answered with 204, as the first."""

    def require(self, asked: Asked, task: Task) -> None:
        if task.status is not Status.CANCELLED:
            super().require(asked, task)

    def carry_out(self, asked: Asked, task: Task) -> None:
        if task.status is not Status.CANCELLED:
            super().carry_out(asked, task)


@variant()
class BareChallenge(Steps):
    """The challenge of a 401 is the scheme alone."""

    def unauthenticated(self, message: str, error: str = "") -> Refusal:
        return Refusal(401, message, fields={"WWW-Authenticate": "Bearer"})


# Time.


@variant()
class EffectAfterAMoment(Delayed):
    """A cancel takes effect a second later."""

    seconds = 1


class _NotAtFirst(Steps):
    """Sends the first cancel of each task away, to come again."""

    status: ClassVar[int] = 429

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self._seen: set[str] = set()

    def require(self, asked: Asked, task: Task) -> None:
        super().require(asked, task)
        if task.id not in self._seen:
            self._seen.add(task.id)
            raise Refusal(self.status, "Try again.", fields={"Retry-After": self.retry_after()})

    def retry_after(self) -> str:
        return "1"


@variant()
class ThrottledAtFirst(_NotAtFirst):
    """The first cancel of a task is answered with 429, and Retry-After in seconds."""


@variant()
class ThrottledUntilADate(_NotAtFirst):
    """The first cancel of a task is answered with 429, and Retry-After as a date."""

    def retry_after(self) -> str:
        then = self.tenant.clock.now().replace(microsecond=0) + timedelta(seconds=2)
        return format_datetime(then, usegmt=True)


@variant()
class UnavailableAtFirst(_NotAtFirst):
    """The first cancel of a task is answered with 503 and Retry-After."""

    status = 503


# Requests and answers.


@variant()
class InsistsOnALength(Steps):
    """A POST without Content-Length is answered with 411."""

    def perform(self, asked: Asked, caller: Caller) -> Response:
        if asked.method == "POST" and "content-length" not in asked.headers:
            raise Refusal(411, "Content-Length is required.")
        return super().perform(asked, caller)


@variant()
class RequestIdInCapitals(Steps):
    """The request-id is spelled in capitals."""

    def finish(self, asked: Asked, response: Response) -> Response:
        finished = super().finish(asked, response)
        finished.headers["request-id"] = asked.id.upper()
        return finished


@variant()
class MoreFields(Steps):
    """Answers have fields of gateways and telemetry, and cookies."""

    def finish(self, asked: Asked, response: Response) -> Response:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
        response.headers["x-ms-ags-diagnostic"] = '{"ServerInfo":{"DataCenter":"North Europe","Ring":"4"}}'
        response.headers.append("Set-Cookie", "gateway=1; Path=/; HttpOnly")
        response.headers.append("Set-Cookie", "affinity=2; Path=/; HttpOnly")
        return super().finish(asked, response)


@variant()
class ClosesEachConnection(Steps):
    """The connection ends after each answer."""

    def finish(self, asked: Asked, response: Response) -> Response:
        response.headers["Connection"] = "close"
        return super().finish(asked, response)


@variant()
class MoreTaskMembers(Steps):
    """A task has a context, and members that nobody knows."""

    def show(self, asked: Asked, task: Task) -> dict[str, Any]:
        context = f"{self.tenant.root}/$metadata#solutions/sharePoint/migrations/$entity"
        return {"@odata.context": context, **super().show(asked, task), "progress": None, "labels": []}


@variant()
class StatusUnknownMeanwhile(Steps):
    """A cancelled task shows `unknownFutureValue` for a second."""

    def show(self, asked: Asked, task: Task) -> dict[str, Any]:
        shown = super().show(asked, task)
        ended = task.finished or task.updated
        recent = self.tenant.clock.now() - ended < timedelta(seconds=1)
        fresh = task.status is Status.CANCELLED and recent
        return shown | {"status": "unknownFutureValue"} if fresh else shown
