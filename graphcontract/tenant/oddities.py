"""Variants: unusual behaviour that a service may show. A client or a clause that fails with one of them is
too strict.
"""

# ruff: noqa: ARG002, D102 - a method has the parameters and the docstring of the one that it overrides

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, ClassVar

from starlette.responses import Response, StreamingResponse

from graphcontract.tenant.registry import variant
from graphcontract.tenant.responses import JSON, Rejection
from graphcontract.tenant.steps import ServiceRequest, Steps, Tenant
from graphcontract.tenant.tasks import Status, Task
from graphcontract.tenant.token_validation import Caller
from graphcontract.tenant.wrong_effects import Delayed

# Errors: their shape.


@variant()
class InnerErrorInLowerCase(Steps):
    """`innererror` is spelled in lower case, as in OData."""

    def make_error_object(self, request: ServiceRequest, rejection: Rejection) -> dict[str, Any]:
        error = super().make_error_object(request, rejection)
        return error | {"innererror": error.pop("innerError")}


@variant()
class NoInnerError(Steps):
    """Errors have only a code and a message."""

    def make_error_object(self, request: ServiceRequest, rejection: Rejection) -> dict[str, Any]:
        error = super().make_error_object(request, rejection)
        return {name: error[name] for name in ("code", "message")}


@variant()
class MoreErrorMembers(Steps):
    """Errors have a target, details and unknown members."""

    def make_error_object(self, request: ServiceRequest, rejection: Rejection) -> dict[str, Any]:
        detail = {"code": "detail", "message": "It is so.", "target": None}
        more = {"target": "id", "details": [detail], "severity": 3, "innerErrors": None}
        return super().make_error_object(request, rejection) | more


@variant()
class OtherCodes(Steps):
    """Errors have another known code for their status, or a new one."""

    def get_code(self, rejection: Rejection) -> str:
        return self.tenant.contract.error_codes.get(rejection.status, ("", "newCode"))[-1]


@variant()
class MessagesInOtherLanguages(Steps):
    """Messages are long and not ASCII."""

    def make_error_object(self, request: ServiceRequest, rejection: Rejection) -> dict[str, Any]:
        value = "Η εργασία δεν ακυρώθηκε. 任务未取消。 \U0001f6d1\n" * 20
        return super().make_error_object(request, rejection) | {"message": value}


@variant()
class ChunkedErrors(Steps):
    """Errors come in chunks, without a Content-Length."""

    def make_error_response(self, request: ServiceRequest, rejection: Rejection) -> Response:
        content = bytes(super().make_error_response(request, rejection).body)

        def parts() -> Iterator[bytes]:
            yield content[:10]
            yield content[10:]

        return StreamingResponse(parts(), rejection.status, media_type=JSON)


@variant("service.request-id")
class FrontDoorSpeaksHtml(Steps):
    """A malformed id is rejected by a gateway: HTML, and no request-id."""

    def respond(self, request: ServiceRequest) -> Response:
        response = super().respond(request)
        if response.status_code != 400:
            return response
        return Response("<html><h2>Bad Request</h2></html>", 400, media_type="text/html; charset=us-ascii")


# Errors: their status.


@variant()
class NoAllow(Steps):
    """A 405 has no Allow field."""

    def handle_other_method(self, request: ServiceRequest, caller: Caller) -> Response:
        raise Rejection(405, "This method is not allowed.")


@variant("service.refusal-status")
class OtherMethodsAreNotFound(Steps):
    """Another method gets 404."""

    def handle_other_method(self, request: ServiceRequest, caller: Caller) -> Response:
        raise Rejection(404, "No function has this method.")


@variant()
class OtherMethodsAreNotImplemented(Steps):
    """Another method gets 501."""

    def handle_other_method(self, request: ServiceRequest, caller: Caller) -> Response:
        raise Rejection(501, "This method is not implemented.")


@variant()
class MalformedIsNotFound(Steps):
    """A malformed id gets 404, as an unknown one."""

    def make_malformed(self, request: ServiceRequest) -> Rejection:
        return self.make_not_found(request)


@variant("service.refusal-status")
class UnknownIsABadRequest(Steps):
    """A cancel of an unknown id gets 400; a GET of it gets 404."""

    def make_not_found(self, request: ServiceRequest) -> Rejection:
        if request.route.operation == "cancel":
            return Rejection(400, "The task could not be found.", code="invalidRequest")
        return super().make_not_found(request)


@variant("service.refusal-status")
class StartedIsUnprocessable(Steps):
    """A cancel of a task that has started gets 422."""

    def make_conflict(self, task: Task) -> Rejection:
        return Rejection(422, "The task has started.")


@variant("service.refusal-status")
class ForbiddenIsNotFound(Steps):
    """A cancel without the permission gets 404, which hides whether the task exists."""

    def make_forbidden(self, message: str) -> Rejection:
        return Rejection(404, "No task has this id.")


@variant()
class RepeatIsCancelledAgain(Steps):
    """A second cancel of a task gets 204, as the first."""

    def check_precondition(self, request: ServiceRequest, task: Task) -> None:
        if task.status is not Status.CANCELLED:
            super().check_precondition(request, task)

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        if task.status is not Status.CANCELLED:
            super().apply_cancel(request, task)


@variant()
class BareChallenge(Steps):
    """The challenge of a 401 is only the scheme."""

    def make_unauthenticated(self, message: str, error: str = "") -> Rejection:
        return Rejection(401, message, fields={"WWW-Authenticate": "Bearer"})


# Time.


@variant()
class EffectAfterAMoment(Delayed):
    """A cancel takes effect a second later."""

    seconds = 1


class _NotAtFirst(Steps):
    """Rejects the first cancel of each task with a Retry-After."""

    status: ClassVar[int] = 429

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self._seen: set[str] = set()

    def check_precondition(self, request: ServiceRequest, task: Task) -> None:
        super().check_precondition(request, task)
        if task.id not in self._seen:
            self._seen.add(task.id)
            raise Rejection(self.status, "Try again.", fields={"Retry-After": self.format_retry_after()})

    def format_retry_after(self) -> str:
        return "1"


@variant()
class ThrottledAtFirst(_NotAtFirst):
    """The first cancel of a task gets 429, and Retry-After in seconds."""


@variant()
class ThrottledUntilADate(_NotAtFirst):
    """The first cancel of a task gets 429, and Retry-After as a date."""

    def format_retry_after(self) -> str:
        then = self.tenant.clock.now().replace(microsecond=0) + timedelta(seconds=2)
        return format_datetime(then, usegmt=True)


@variant()
class UnavailableAtFirst(_NotAtFirst):
    """The first cancel of a task gets 503 and Retry-After."""

    status = 503


# Requests and responses.


@variant()
class InsistsOnALength(Steps):
    """A POST without Content-Length gets 411."""

    def perform(self, request: ServiceRequest, caller: Caller) -> Response:
        if request.method == "POST" and "content-length" not in request.headers:
            raise Rejection(411, "Content-Length is required.")
        return super().perform(request, caller)


@variant()
class RequestIdInCapitals(Steps):
    """The request-id is spelled in capitals."""

    def finish_response(self, request: ServiceRequest, response: Response) -> Response:
        finished = super().finish_response(request, response)
        finished.headers["request-id"] = request.id.upper()
        return finished


@variant()
class MoreFields(Steps):
    """Responses have fields of gateways and telemetry, and cookies."""

    def finish_response(self, request: ServiceRequest, response: Response) -> Response:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
        response.headers["x-ms-ags-diagnostic"] = '{"ServerInfo":{"DataCenter":"North Europe","Ring":"4"}}'
        response.headers.append("Set-Cookie", "gateway=1; Path=/; HttpOnly")
        response.headers.append("Set-Cookie", "affinity=2; Path=/; HttpOnly")
        return super().finish_response(request, response)


@variant()
class ClosesEachConnection(Steps):
    """The connection is closed after each response."""

    def finish_response(self, request: ServiceRequest, response: Response) -> Response:
        response.headers["Connection"] = "close"
        return super().finish_response(request, response)


@variant()
class MoreTaskMembers(Steps):
    """A task has a context and unknown members."""

    def render_task(self, request: ServiceRequest, task: Task) -> dict[str, Any]:
        context = f"{self.tenant.root}/$metadata#solutions/sharePoint/migrations/$entity"
        return {
            "@odata.context": context,
            **super().render_task(request, task),
            "progress": None,
            "labels": [],
        }


@variant()
class StatusUnknownMeanwhile(Steps):
    """A cancelled task shows `unknownFutureValue` for a second."""

    def render_task(self, request: ServiceRequest, task: Task) -> dict[str, Any]:
        shown = super().render_task(request, task)
        ended = task.finished or task.updated
        recent = self.tenant.clock.now() - ended < timedelta(seconds=1)
        fresh = task.status is Status.CANCELLED and recent
        return shown | {"status": "unknownFutureValue"} if fresh else shown
