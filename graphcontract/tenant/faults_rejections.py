"""Faults of requests that must be rejected: the id of no task, another method."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import RedirectResponse, Response

from graphcontract.tenant.overrides import Override, entry, faults_of, rejecting
from graphcontract.tenant.responses import make_json_response
from graphcontract.tenant.service import Service, ServiceRequest, is_guid


def _cancel_missing(
    respond: Override[Response], *, guid: bool, when: Callable[[str], bool] = lambda _id: True
) -> Override[Response]:
    """Responds otherwise to a cancel of an id of no task: one that is a GUID, or one that is not."""

    def cancel(service: Service, request: ServiceRequest) -> Response:
        id = request.route.task_id
        missing = service.tenant.tasks.get(id) is None and is_guid(id) is guid and when(id)
        return respond(service, request) if missing else Service.cancel(service, request)

    return cancel


def _succeed(service: Service, _request: ServiceRequest) -> Response:
    return Response(status_code=service.tenant.contract.success.status)


def _respond_not_found_as_ok(service: Service, request: ServiceRequest) -> Response:
    error = service.make_error_object(request, service.make_not_found(request))
    return make_json_response(service.wrap_error(error))


def _redirect_to_collection(service: Service, _request: ServiceRequest) -> Response:
    return RedirectResponse(f"{service.tenant.root}{service.collection}", 302)


def _add_method(method: str) -> Override[tuple[str, ...]]:
    """Lets another method cancel too."""
    return lambda service, request: (
        *Service.list_methods(service, request),
        *((method,) if request.route.operation == "cancel" else ()),
    )


def _other_method(respond: Override[Response]) -> Override[Response]:
    """Responds otherwise to other methods on the path of the cancel."""
    return lambda service, request: (
        respond(service, request)
        if request.route.operation == "cancel"
        else Service.handle_other_method(service, request)
    )


_fail_to_load = rejecting(500, "The task could not be loaded.")
_fail_to_convert = rejecting(500, "The id could not be converted.")

FAULTS = (
    *faults_of(
        "service.unknown-task",
        entry(
            "unknown-is-cancelled",
            "A cancel of a task that does not exist gets 204.",
            cancel=_cancel_missing(_succeed, guid=True),
        ),
        entry(
            "unknown-in-capitals-is-cancelled",
            "A cancel of a task that does not exist gets 204 if its id has capital letters.",
            cancel=_cancel_missing(_succeed, guid=True, when=lambda id: id != id.lower()),
        ),
        entry(
            "fails-on-unknown",
            "A cancel of a task that does not exist gets 500.",
            cancel=_cancel_missing(_fail_to_load, guid=True),
        ),
        entry(
            "ok-with-not-found",
            "A cancel of a task that does not exist gets 200, with an error as its content.",
            cancel=_cancel_missing(_respond_not_found_as_ok, guid=True),
        ),
        entry(
            "redirects-unknown",
            "A cancel of a task that does not exist is redirected to the collection, with 302.",
            cancel=_cancel_missing(_redirect_to_collection, guid=True),
        ),
    ),
    *faults_of(
        "service.malformed-id",
        entry(
            "malformed-is-cancelled",
            "A cancel of a malformed id gets 204.",
            cancel=_cancel_missing(_succeed, guid=False),
        ),
        entry(
            "fails-on-malformed",
            "A cancel of a malformed id gets 500.",
            cancel=_cancel_missing(_fail_to_convert, guid=False),
        ),
        entry(
            "fails-on-long-ids",
            "A cancel of an id of more than 100 characters gets 500.",
            cancel=_cancel_missing(_fail_to_convert, guid=False, when=lambda id: len(id) > 100),
        ),
        entry(
            "fails-on-ids-beyond-ascii",
            "A cancel of an id with characters beyond ASCII gets 500.",
            cancel=_cancel_missing(_fail_to_convert, guid=False, when=lambda id: not id.isascii()),
        ),
        entry(
            "numbers-are-cancelled",
            "A cancel of an id of digits gets 204.",
            cancel=_cancel_missing(_succeed, guid=False, when=str.isdecimal),
        ),
    ),
    *faults_of(
        "service.method",
        entry(
            "get-cancels",
            "A GET cancels, so that any link or preview may.",
            list_methods=_add_method("GET"),
        ),
        entry("head-cancels", "A HEAD cancels.", list_methods=_add_method("HEAD")),
        entry("put-cancels", "A PUT cancels.", list_methods=_add_method("PUT")),
        entry("patch-cancels", "A PATCH cancels.", list_methods=_add_method("PATCH")),
        entry("delete-cancels", "A DELETE cancels.", list_methods=_add_method("DELETE")),
        entry("options-cancels", "An OPTIONS cancels.", list_methods=_add_method("OPTIONS")),
        entry(
            "other-methods-are-ok",
            "Any other method gets 200, and has no effect.",
            handle_other_method=_other_method(lambda *_: make_json_response({})),
        ),
        entry(
            "fails-on-other-methods",
            "Any other method gets 500.",
            handle_other_method=_other_method(rejecting(500, "The request could not be served.")),
        ),
    ),
)
