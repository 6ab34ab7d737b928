"""Unusual services that violate no MUST. A client or a clause that fails with one of them is too strict."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from starlette.responses import Response, StreamingResponse

from graphcontract.tenant.overrides import (
    delay_cancel,
    delay_list,
    entry,
    first_then,
    rejecting,
    set_field,
)
from graphcontract.tenant.responses import JSON, Rejection
from graphcontract.tenant.routing import parse_query
from graphcontract.tenant.service import Service, ServiceRequest
from graphcontract.tenant.tasks import Status, Task
from graphcontract.tenant.token_validation import Caller

_MORE_MEMBERS = {
    "target": "id",
    "details": [{"code": "detail", "message": "It is so.", "target": None}],
    "severity": 3,
    "innerErrors": None,
}
_MESSAGE = "Η εργασία δεν ακυρώθηκε. 任务未取消。 \U0001f6d1\n" * 20


def _rename_inner_error(_service: Service, error: dict[str, Any]) -> Any:
    return {"error": error | {"innererror": error.pop("innerError")}}


def _choose_other_code(service: Service, request: ServiceRequest, rejection: Rejection) -> dict[str, Any]:
    codes = service.tenant.contract.error_codes.get(rejection.status, ("newCode",))
    return Service.make_error_object(service, request, rejection) | {"code": codes[-1]}


def _stream_error(service: Service, request: ServiceRequest, rejection: Rejection) -> Response:
    content = bytes(Service.make_error_response(service, request, rejection).body)

    def parts() -> Iterator[bytes]:
        yield content[:10]
        yield content[10:]

    return StreamingResponse(parts(), rejection.status, media_type=JSON)


def _reject_at_gateway(service: Service, request: ServiceRequest, response: Response) -> Response:
    if response.status_code != 400:
        return Service.finish_response(service, request, response)
    return Response("<html><h2>Bad Request</h2></html>", 400, media_type="text/html; charset=us-ascii")


def _hide_unknown(service: Service, request: ServiceRequest) -> Rejection:
    if request.route.operation == "cancel":
        return Rejection(400, "The task could not be found.", code="invalidRequest")
    return Service.make_not_found(service, request)


def _accept_cancelled(service: Service, request: ServiceRequest, task: Task) -> bool:
    return task.status is Status.CANCELLED or Service.can_cancel(service, request, task)


def _cancel_once(service: Service, request: ServiceRequest, task: Task) -> None:
    if task.status is not Status.CANCELLED:
        Service.apply_cancel(service, request, task)


def _cancel_while_others_end(service: Service, request: ServiceRequest, task: Task) -> None:
    Service.apply_cancel(service, request, task)
    for other in service.tenant.tasks.all():
        if other.status is Status.IN_PROGRESS:
            service.tenant.tasks.move(other.id, Status.COMPLETED)


def _read_from_replicas(service: Service, request: ServiceRequest, task: Task) -> dict[str, Any]:
    """Each second read within ten seconds is of an old state."""
    since = service.tenant.clock.now() - (task.finished or task.updated)
    service.counts[task.id] += 1
    old = task.status is Status.CANCELLED and since < timedelta(seconds=10) and service.counts[task.id] % 2
    return Service.render_task(service, request, task) | ({"status": "notStarted"} if old else {})


def _repeat_from_cache(service: Service, request: ServiceRequest, response: Response) -> Response:
    """A read within ten seconds after another is repeated with its fields, as a cache does."""
    finished = Service.finish_response(service, request, response)
    if request.method == "GET" and service.counts[request.path]:
        finished.headers["request-id"] = str(uuid.uuid5(uuid.NAMESPACE_URL, request.path))
        finished.headers["Age"] = "1"
    service.counts[request.path] += 1
    return finished


def _list_few(service: Service, request: ServiceRequest) -> Response:
    query = {**parse_query(request.query), "$top": "5"}
    few = "&".join(f"{name}={value}" for name, value in query.items())
    return Service.list(service, replace(request, query=few))


def _list_in_part(service: Service, request: ServiceRequest) -> Sequence[Task]:
    tasks = Service.list_tasks(service, request)
    return [each for each in tasks if each.status in (Status.NOT_STARTED, Status.CANCELLED)]


def _throttle_until_a_date(service: Service, _request: ServiceRequest, _task: Task) -> None:
    then = service.tenant.clock.now().replace(microsecond=0) + timedelta(seconds=2)
    raise Rejection(429, "Try again.", fields={"Retry-After": format_datetime(then, usegmt=True)})


def _require_length(service: Service, request: ServiceRequest, caller: Caller) -> Response:
    if request.method == "POST" and "content-length" not in request.headers:
        raise Rejection(411, "Content-Length is required.")
    return Service.perform(service, request, caller)


def _list_options(service: Service, request: ServiceRequest) -> Response:
    if request.method != "OPTIONS":
        return Service.handle_other_method(service, request)
    return Response(status_code=204, headers={"Allow": ", ".join(service.list_methods(request))})


def _add_fields(service: Service, request: ServiceRequest, response: Response) -> Response:
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers["x-ms-ags-diagnostic"] = '{"ServerInfo":{"DataCenter":"North Europe","Ring":"4"}}'
    response.headers.append("Set-Cookie", "gateway=1; Path=/; HttpOnly")
    response.headers.append("Set-Cookie", "affinity=2; Path=/; HttpOnly")
    return Service.finish_response(service, request, response)


def _add_members(service: Service, _request: ServiceRequest, task: Task) -> dict[str, Any]:
    context = f"{service.tenant.root}/$metadata#solutions/sharePoint/migrations/$entity"
    return {"@odata.context": context, **task.document(), "progress": None, "labels": []}


def _hide_new_status(service: Service, _request: ServiceRequest, task: Task) -> dict[str, Any]:
    since = service.tenant.clock.now() - (task.finished or task.updated)
    hidden = task.status is Status.CANCELLED and since < timedelta(seconds=1)
    return task.document() | ({"status": "unknownFutureValue"} if hidden else {})


VARIANTS = (
    # Errors: their shape.
    entry(
        "inner-error-in-lower-case",
        "`innererror` is spelled in lower case, as in OData.",
        wrap_error=_rename_inner_error,
    ),
    entry(
        "no-inner-error",
        "Errors have only a code and a message.",
        wrap_error=lambda _, error: {"error": {name: error[name] for name in ("code", "message")}},
    ),
    entry(
        "more-error-members",
        "Errors have a target, details and unknown members.",
        wrap_error=lambda _, error: {"error": error | _MORE_MEMBERS},
    ),
    entry(
        "other-codes",
        "Errors have another known code for their status, or a new one.",
        make_error_object=_choose_other_code,
    ),
    entry(
        "messages-in-other-languages",
        "Messages are long and not ASCII.",
        wrap_error=lambda _, error: {"error": error | {"message": _MESSAGE}},
    ),
    entry(
        "chunked-errors",
        "Errors come in chunks, without a Content-Length.",
        make_error_response=_stream_error,
    ),
    entry(
        "front-door-speaks-html",
        "A malformed id is rejected by a gateway: HTML, and no request-id.",
        "service.request-id",
        finish_response=_reject_at_gateway,
    ),
    # Errors: their status.
    entry(
        "no-allow",
        "A 405 has no Allow field.",
        handle_other_method=rejecting(405, "This method is not allowed."),
    ),
    entry(
        "other-methods-are-not-found",
        "Another method gets 404.",
        "service.refusal-status",
        handle_other_method=rejecting(404, "No function has this method."),
    ),
    entry(
        "other-methods-are-not-implemented",
        "Another method gets 501.",
        handle_other_method=rejecting(501, "This method is not implemented."),
    ),
    entry(
        "malformed-is-not-found",
        "A malformed id gets 404, as an unknown one.",
        make_malformed=lambda service, request: service.make_not_found(request),
    ),
    entry(
        "unknown-is-a-bad-request",
        "A cancel of an unknown id gets 400; a GET of it gets 404.",
        "service.refusal-status",
        make_not_found=_hide_unknown,
    ),
    entry(
        "started-is-unprocessable",
        "A cancel of a task that has started gets 422.",
        "service.refusal-status",
        make_conflict=lambda *_: Rejection(422, "The task has started."),
    ),
    entry(
        "fails-on-started",
        "A cancel of a task that has started gets 500, and has no effect.",
        "service.refusal-status",
        make_conflict=lambda *_: Rejection(500, "The task has started."),
    ),
    entry(
        "forbidden-is-sent-to-sign-in",
        "A cancel without the permission is redirected to a sign-in page, with 302.",
        "service.refusal-status",
        make_forbidden=lambda *_: Rejection(302, "Sign in.", fields={"Location": "/sign-in"}),
    ),
    entry(
        "forbidden-is-not-found",
        "A cancel without the permission gets 404, which hides whether the task exists.",
        "service.refusal-status",
        make_forbidden=lambda *_: Rejection(404, "No task has this id."),
    ),
    entry(
        "repeat-is-cancelled-again",
        "A second cancel of a task gets 204, as the first.",
        can_cancel=_accept_cancelled,
        apply_cancel=_cancel_once,
    ),
    entry(
        "bare-challenge",
        "The challenge of a 401 is only the scheme.",
        make_unauthenticated=lambda _service, _request, message, _error: Rejection(
            401, message, fields={"WWW-Authenticate": "Bearer"}
        ),
    ),
    # Time.
    entry(
        "effect-after-a-moment",
        "A cancel takes effect a second later.",
        apply_cancel=delay_cancel(seconds=1),
    ),
    entry(
        "others-end-meanwhile",
        "With a cancel every task that is in progress completes.",
        apply_cancel=_cancel_while_others_end,
    ),
    entry(
        "old-reads-meanwhile",
        "For ten seconds each second read of a cancelled task shows its old status.",
        render_task=_read_from_replicas,
    ),
    entry(
        "throttled-at-first",
        "The first cancel of a task gets 429, and Retry-After in seconds.",
        apply_cancel=first_then(
            rejecting(429, "Try again.", Retry_After="1"), Service.apply_cancel, per_task=True
        ),
    ),
    entry(
        "throttled-until-a-date",
        "The first cancel of a task gets 429, and Retry-After as a date.",
        apply_cancel=first_then(_throttle_until_a_date, Service.apply_cancel, per_task=True),
    ),
    entry(
        "unavailable-at-first",
        "The first cancel of a task gets 503 and Retry-After.",
        apply_cancel=first_then(
            rejecting(503, "Try again.", Retry_After="1"), Service.apply_cancel, per_task=True
        ),
    ),
    entry(
        "list-follows-later",
        "The list shows the new status of a cancelled task ten seconds later.",
        render_task=delay_list(seconds=10),
    ),
    # Lists.
    entry(
        "list-in-small-pages",
        "A page of the list has five tasks at most, whatever `$top` is.",
        list=_list_few,
    ),
    entry(
        "list-is-forbidden",
        "The list gets 403, although a read of a task is allowed.",
        list=rejecting(403, "Tasks cannot be listed."),
    ),
    entry(
        "list-has-new-tasks",
        "The list contains only tasks that have not started or are cancelled, as a view may.",
        list_tasks=_list_in_part,
    ),
    # Requests and responses.
    entry(
        "insists-on-a-length",
        "A POST without Content-Length gets 411.",
        perform=_require_length,
    ),
    entry(
        "options-are-listed",
        "An OPTIONS gets 204 and the methods of the resource.",
        handle_other_method=_list_options,
    ),
    entry(
        "reads-from-a-cache",
        "A read of a path after the first has the request-id of an earlier one, and Age.",
        finish_response=_repeat_from_cache,
    ),
    entry(
        "request-id-in-capitals",
        "The request-id is spelled in capitals.",
        finish_response=set_field("request-id", lambda request: request.id.upper()),
    ),
    entry(
        "more-fields",
        "Responses have fields of gateways and telemetry, and cookies.",
        finish_response=_add_fields,
    ),
    entry(
        "closes-each-connection",
        "The connection is closed after each response.",
        finish_response=set_field("Connection", lambda _: "close"),
    ),
    entry(
        "no-content-has-a-length",
        "A 204 has a Content-Length of 0, as several gateways send it.",
        make_success=lambda service, *_: Response(
            status_code=service.tenant.contract.success.status, headers={"Content-Length": "0"}
        ),
    ),
    entry(
        "more-task-members",
        "A task has a context and unknown members.",
        render_task=_add_members,
    ),
    entry(
        "status-unknown-meanwhile",
        "A cancelled task shows `unknownFutureValue` for a second.",
        render_task=_hide_new_status,
    ),
)
