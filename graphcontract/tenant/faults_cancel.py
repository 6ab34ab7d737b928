"""Faults of the cancel: its response, its effect, and its precondition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import RedirectResponse, Response

from graphcontract.tenant.overrides import (
    CancelEffect,
    delay_cancel,
    delay_list,
    entry,
    faults_of,
    first_then,
    ignore,
    put_status,
    rejecting,
)
from graphcontract.tenant.responses import (
    JSON,
    Rejection,
    make_json_response,
    make_response_with_stray,
)
from graphcontract.tenant.service import Service, ServiceRequest
from graphcontract.tenant.tasks import Status, Task

_STARTED = (Status.IN_PROGRESS, Status.COMPLETED, Status.FAILED)


def _require_content(service: Service, request: ServiceRequest, task: Task) -> None:
    if not request.content:
        raise Rejection(400, "The content is empty, and JSON was expected.")
    Service.apply_cancel(service, request, task)


def _require_media_type(service: Service, request: ServiceRequest, task: Task) -> None:
    if not request.headers.get("content-type", "").startswith(JSON):
        raise Rejection(415, "The request has no media type.")
    Service.apply_cancel(service, request, task)


def _make_not_found(service: Service, request: ServiceRequest, _task: Task) -> None:
    raise service.make_not_found(request)


def _cancel_another(service: Service, _request: ServiceRequest, task: Task) -> None:
    others = (other for other in service.tenant.tasks.all() if other.id != task.id)
    another = next((other for other in others if other.status is Status.NOT_STARTED), None)
    if another is not None:
        service.tenant.tasks.move(another.id, Status.CANCELLED)


def _cancel_all(service: Service, _request: ServiceRequest, _task: Task) -> None:
    for each in service.tenant.tasks.all():
        if each.status is Status.NOT_STARTED:
            service.tenant.tasks.move(each.id, Status.CANCELLED)


def _drop_cancelled(service: Service, request: ServiceRequest) -> Sequence[Task]:
    return [each for each in Service.list_tasks(service, request) if each.status is not Status.CANCELLED]


def _repeat_cancelled(service: Service, request: ServiceRequest) -> Sequence[Task]:
    tasks = Service.list_tasks(service, request)
    return [task for each in tasks for task in [each] * (1 + (each.status is Status.CANCELLED))]


def _list_old_and_new(service: Service, request: ServiceRequest) -> Sequence[Task]:
    tasks = Service.list_tasks(service, request)
    old = [replace(each, status=Status.NOT_STARTED) for each in tasks if each.status is Status.CANCELLED]
    return [*tasks, *old]


def _cancel_and_put(old: Status, new: Status) -> CancelEffect:
    """Cancels the task, and gives every other task with one status another."""

    def apply_cancel(service: Service, request: ServiceRequest, task: Task) -> None:
        Service.apply_cancel(service, request, task)
        for other in service.tenant.tasks.all():
            if other.status is old and other.id != task.id:
                service.tenant.tasks.store(replace(other, status=new))

    return apply_cancel


def _restore_after_read(service: Service, request: ServiceRequest, task: Task) -> dict[str, Any]:
    if task.status is Status.CANCELLED and request.route.operation == "task":
        service.tenant.tasks.store(replace(task, status=Status.NOT_STARTED, finished=None))
    return Service.render_task(service, request, task)


def _render_misspelled(service: Service, request: ServiceRequest, task: Task) -> dict[str, Any]:
    shown = Service.render_task(service, request, task)
    return shown | {"status": "canceled"} if task.status is Status.CANCELLED else shown


def _ignore_delegated(service: Service, request: ServiceRequest, task: Task) -> None:
    if not service.authenticate(request).delegated:
        Service.apply_cancel(service, request, task)


def _allow(*statuses: Status) -> Callable[..., bool]:
    """Lets a task be cancelled in these statuses too."""
    return lambda service, request, task: (
        task.status in statuses or Service.can_cancel(service, request, task)
    )


def _ignore_started(service: Service, request: ServiceRequest, task: Task) -> None:
    if task.status not in _STARTED:
        Service.apply_cancel(service, request, task)


def _reject_and_cancel(service: Service, request: ServiceRequest, task: Task) -> Rejection:
    if task.status in _STARTED:
        service.tenant.tasks.store(replace(task, status=Status.CANCELLED))
    return Service.make_conflict(service, request, task)


def _reject_with_ok(service: Service, request: ServiceRequest, task: Task) -> Rejection:
    return Rejection(200, Service.make_conflict(service, request, task).message, code="conflict")


def _send_stray(stray: bytes, **fields: str) -> Callable[..., Response]:
    """Responds to a cancel with the documented status, these header fields, and bytes behind the head."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return lambda service, *_: make_response_with_stray(service.tenant.contract.success.status, stray, named)


FAULTS = (
    *faults_of(
        "service.cancel",
        # The task has not started, and the response is not 204.
        entry(
            "ok-with-the-task",
            "A cancel gets 200 and the task.",
            make_success=lambda _, __, task: make_json_response(
                replace(task, status=Status.CANCELLED).document()
            ),
        ),
        entry(
            "ok-without-content",
            "A cancel gets 200 and no content.",
            make_success=lambda *_: Response(status_code=200),
        ),
        entry(
            "content-with-no-content",
            "A 204 has a Content-Length of 2, and an empty JSON object.",
            make_success=_send_stray(b"{}", Content_Length="2"),
        ),
        entry(
            "chunks-with-no-content",
            "A 204 has chunked content.",
            make_success=_send_stray(b"2\r\n{}\r\n0\r\n\r\n", Transfer_Encoding="chunked"),
        ),
        entry(
            "last-chunk-with-no-content",
            "A 204 declares chunks, and sends the empty one that ends them.",
            make_success=_send_stray(b"0\r\n\r\n", Transfer_Encoding="chunked"),
        ),
        entry(
            "bytes-behind-no-content",
            "A 204 without a field that declares content is followed by a line end.",
            make_success=_send_stray(b"\r\n"),
        ),
        entry(
            "accepted-for-later",
            "A cancel gets 202, as if it were still to be done.",
            make_success=lambda *_: Response(status_code=202),
        ),
        entry(
            "fails-after-the-effect",
            "A cancel takes effect and gets 500.",
            make_success=rejecting(500, "The response could not be made."),
        ),
        entry(
            "refuses-every-task",
            "A cancel is rejected with 409 although the task has not started.",
            apply_cancel=rejecting(409, "The task cannot be cancelled."),
        ),
        entry(
            "knows-no-task",
            "A cancel is rejected with 404 although a GET shows the task.",
            apply_cancel=_make_not_found,
        ),
        entry(
            "wants-content",
            "A cancel without content is rejected with 400, as if it had parameters.",
            apply_cancel=_require_content,
        ),
        entry(
            "wants-a-media-type",
            "A cancel without a Content-Type is rejected with 415.",
            apply_cancel=_require_media_type,
        ),
        entry(
            "redirects-the-cancel",
            "A cancel is redirected to another path with 307, and has no effect.",
            apply_cancel=ignore,
            make_success=lambda service, request, _: RedirectResponse(
                f"{service.tenant.root}/moved{request.path}", 307
            ),
        ),
        entry(
            "refuses-the-second",
            "The first cancel succeeds, every later one is rejected with 409.",
            apply_cancel=first_then(
                Service.apply_cancel, rejecting(409, "Another task was cancelled already.")
            ),
        ),
        entry(
            "refuses-delegated-tokens",
            "A cancel on behalf of a user is rejected with 403, even with the permission.",
            has_permission=lambda service, request, caller: (
                Service.has_permission(service, request, caller)
                and not (caller.delegated and request.route.operation == "cancel")
            ),
        ),
    ),
    *faults_of(
        "service.effect",
        # The response is 204, and the task is not cancelled, or another one is.
        entry("no-effect", "A cancel gets 204 and has no effect.", apply_cancel=ignore),
        entry(
            "effect-on-another",
            "A cancel cancels another task that has not started.",
            apply_cancel=_cancel_another,
        ),
        entry("effect-on-all", "A cancel cancels every task that has not started.", apply_cancel=_cancel_all),
        entry(
            "fails-the-others",
            "With a cancel every other task that has not started fails, long before its start.",
            apply_cancel=_cancel_and_put(Status.NOT_STARTED, Status.FAILED),
        ),
        entry(
            "starts-the-others",
            "With a cancel every other task starts, long before its start date.",
            apply_cancel=_cancel_and_put(Status.NOT_STARTED, Status.IN_PROGRESS),
        ),
        entry(
            "fails-what-has-completed",
            "With a cancel every task that has completed becomes failed.",
            apply_cancel=_cancel_and_put(Status.COMPLETED, Status.FAILED),
        ),
        entry(
            "effect-is-failure",
            "A cancelled task has the status `failed`.",
            apply_cancel=put_status(Status.FAILED),
        ),
        entry(
            "effect-is-a-start",
            "A cancel starts the task.",
            apply_cancel=lambda service, _, task: service.tenant.tasks.move(task.id, Status.IN_PROGRESS),
        ),
        entry(
            "effect-is-removal",
            "A cancelled task no longer exists and gets 404.",
            apply_cancel=lambda service, _, task: service.tenant.tasks.remove(task.id),
        ),
        entry(
            "shown-as-canceled",
            "A cancelled task has a status that does not exist: `canceled`, with one l.",
            render_task=_render_misspelled,
        ),
        entry(
            "effect-after-an-hour",
            "A cancel takes effect an hour later.",
            apply_cancel=delay_cancel(seconds=3600),
        ),
        entry(
            "effect-comes-undone",
            "A cancelled task shows so once, and then has its old status again.",
            render_task=_restore_after_read,
        ),
        entry(
            "no-effect-the-second-time",
            "The first cancel takes effect, every later one gets 204 and has no effect.",
            apply_cancel=first_then(Service.apply_cancel, ignore),
        ),
        entry(
            "no-effect-after-throttling",
            "The first cancel of a task is throttled, and the repeated one gets 204 and has no effect.",
            apply_cancel=first_then(
                rejecting(429, "Too many requests.", Retry_After="1"), ignore, per_task=True
            ),
        ),
        entry(
            "no-effect-for-delegated-tokens",
            "A cancel on behalf of a user gets 204 and has no effect.",
            apply_cancel=_ignore_delegated,
        ),
    ),
    *faults_of(
        "service.list",
        # The task is cancelled, and the list does not show it so.
        entry(
            "list-is-an-hour-late",
            "The list shows the old status of a cancelled task for an hour.",
            render_task=delay_list(seconds=3600),
        ),
        entry(
            "list-lacks-the-task",
            "The list does not contain cancelled tasks.",
            list_tasks=_drop_cancelled,
        ),
        entry(
            "list-repeats-the-task",
            "The list contains a cancelled task twice.",
            list_tasks=_repeat_cancelled,
        ),
        entry(
            "list-has-old-and-new",
            "The list contains a cancelled task with its new status, and at its end with its old one.",
            list_tasks=_list_old_and_new,
        ),
    ),
    *faults_of(
        "service.precondition",
        # The task has started or ended.
        entry(
            "cancels-in-progress",
            "A task that is in progress is cancelled.",
            can_cancel=_allow(Status.IN_PROGRESS),
            apply_cancel=put_status(Status.CANCELLED),
        ),
        entry(
            "cancels-completed",
            "A task that has completed is cancelled.",
            can_cancel=_allow(Status.COMPLETED),
            apply_cancel=put_status(Status.CANCELLED),
        ),
        entry(
            "cancels-failed",
            "A task that has failed is cancelled.",
            can_cancel=_allow(Status.FAILED),
            apply_cancel=put_status(Status.CANCELLED),
        ),
        entry(
            "accepts-in-vain",
            "A cancel of a task that has started gets 204, and has no effect.",
            can_cancel=_allow(*_STARTED),
            apply_cancel=_ignore_started,
        ),
        entry(
            "refuses-and-cancels",
            "A cancel of a task that has started is rejected with 409, and takes effect.",
            make_conflict=_reject_and_cancel,
        ),
        entry(
            "ok-with-the-refusal",
            "A cancel of a task that has started gets 200, with an error as its content.",
            make_conflict=_reject_with_ok,
        ),
    ),
)
