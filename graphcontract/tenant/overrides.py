"""The methods of the service that a fault or a variant may replace, an entry in their tables, and the
replacements that several entries share.

A replacement gets the service first, as a method does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NoReturn, TypedDict, TypeVar, Unpack

from starlette.responses import Response

from graphcontract.tenant.responses import Rejection
from graphcontract.tenant.service import Service, ServiceRequest
from graphcontract.tenant.tasks import Status, Task
from graphcontract.tenant.token_validation import Caller

T = TypeVar("T")
Override = Callable[[Service, ServiceRequest], T]
CancelEffect = Callable[[Service, ServiceRequest, Task], object]


class Overrides(TypedDict, total=False):
    """Replacements by the name of the method of `Service` that they replace."""

    authenticate: Override[Caller]
    make_unauthenticated: Callable[[Service, ServiceRequest, str, str], Rejection]
    has_permission: Callable[[Service, ServiceRequest, Caller], object]
    make_forbidden: Override[Rejection]
    perform: Callable[[Service, ServiceRequest, Caller], Response]
    list_methods: Override[tuple[str, ...]]
    handle_other_method: Override[Response]
    cancel: Override[Response]
    make_not_found: Override[Rejection]
    make_malformed: Override[Rejection]
    can_cancel: Callable[[Service, ServiceRequest, Task], bool]
    make_conflict: Callable[[Service, ServiceRequest, Task], Rejection]
    apply_cancel: CancelEffect
    make_success: Callable[[Service, ServiceRequest, Task], Response]
    list: Override[Response]
    list_tasks: Override[Sequence[Task]]
    render_task: Callable[[Service, ServiceRequest, Task], dict[str, Any]]
    make_error_response: Callable[[Service, ServiceRequest, Rejection], Response]
    make_error_object: Callable[[Service, ServiceRequest, Rejection], dict[str, Any]]
    wrap_error: Callable[[Service, dict[str, Any]], Any]
    finish_response: Callable[[Service, ServiceRequest, Response], Response]


@dataclass(frozen=True, slots=True)
class Entry:
    """A fault, which `breaks` a clause, or a variant, which breaks none but may be `short_of` SHOULDs."""

    name: str
    sentence: str
    overrides: Overrides
    breaks: str = ""
    short_of: frozenset[str] = frozenset()


def entry(name: str, sentence: str, *short_of: str, **overrides: Unpack[Overrides]) -> Entry:
    """A row of a table: a service that differs from the conforming one in these methods."""
    return Entry(name, sentence, overrides, short_of=frozenset(short_of))


def faults_of(clause: str, *entries: Entry) -> tuple[Entry, ...]:
    """These entries as faults, each of which violates the clause."""
    return tuple(replace(each, breaks=clause) for each in entries)


def rejecting(status: int, message: str, **fields: str) -> Callable[..., NoReturn]:
    """Rejects the request. An underscore in the name of a header field stands for a hyphen."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}

    def override(*_: object) -> NoReturn:
        raise Rejection(status, message, fields=named)

    return override


def ignore(*_: object) -> None:
    """Do nothing."""


def put_status(status: Status) -> CancelEffect:
    """Gives the task a status, whichever it had."""

    def apply_cancel(service: Service, _request: ServiceRequest, task: Task) -> None:
        service.tenant.tasks.store(replace(task, status=status, finished=service.tenant.clock.now()))

    return apply_cancel


def delay_cancel(seconds: float) -> CancelEffect:
    """Cancels the task later, by its latest start: until then it can start."""

    def apply_cancel(service: Service, _request: ServiceRequest, task: Task) -> None:
        due = service.tenant.clock.now() + timedelta(seconds=seconds)
        order = replace(task.order, latest_start=min(task.order.latest_start or due, due))
        service.tenant.tasks.store(replace(task, order=order))

    return apply_cancel


def delay_list(seconds: float) -> Callable[[Service, ServiceRequest, Task], dict[str, Any]]:
    """Shows the old status of a cancelled task in the list until later."""

    def render_task(service: Service, request: ServiceRequest, task: Task) -> dict[str, Any]:
        since = service.tenant.clock.now() - (task.finished or task.updated)
        listed = request.route.operation == "tasks" and task.status is Status.CANCELLED
        old = listed and since < timedelta(seconds=seconds)
        return Service.render_task(service, request, task) | ({"status": Status.NOT_STARTED} if old else {})

    return render_task


def first_then(first: CancelEffect, then: CancelEffect, *, per_task: bool = False) -> CancelEffect:
    """Treats the first cancel, or the first of each task, in another way than later ones."""

    def apply_cancel(service: Service, request: ServiceRequest, task: Task) -> None:
        key = task.id if per_task else "cancels"
        service.counts[key] += 1
        effect = first if service.counts[key] == 1 else then
        effect(service, request, task)

    return apply_cancel


def set_field(name: str, value: Callable[[ServiceRequest], str]) -> Callable[..., Response]:
    """Sets a header field of every response."""

    def finish_response(service: Service, request: ServiceRequest, response: Response) -> Response:
        finished = Service.finish_response(service, request, response)
        finished.headers[name] = value(request)
        return finished

    return finish_response
