"""Faults of any response: the shape of errors, secrets in it, its header fields."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from graphcontract.tenant.overrides import entry, faults_of, set_field
from graphcontract.tenant.responses import Rejection, make_json_response
from graphcontract.tenant.service import Service, ServiceRequest

_ONE_ID = "6f1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"


def _make_html(_service: Service, _request: ServiceRequest, rejection: Rejection) -> Response:
    page = f"<!DOCTYPE html><title>Error</title><p>{rejection.status}</p>"
    return Response(page, rejection.status, media_type="text/html")


def _cut_error(service: Service, request: ServiceRequest, rejection: Rejection) -> Response:
    whole = Service.make_error_response(service, request, rejection)
    return Response(bytes(whole.body)[:20], rejection.status, media_type=whole.media_type)


def _wrap_as_odata_3(_service: Service, error: dict[str, Any]) -> Any:
    message = {"lang": "en-US", "value": error["message"]}
    return {"odata.error": {"code": error["code"], "message": message}}


def _wrap_as_problem(_service: Service, error: dict[str, Any]) -> Any:
    return {"type": "about:blank", "title": error["code"], "detail": error["message"]}


def _make_oauth_error(service: Service, request: ServiceRequest, rejection: Rejection) -> Response:
    if rejection.status != 401:
        return Service.make_error_response(service, request, rejection)
    return make_json_response({"error": "invalid_token", "error_description": rejection.message}, 401)


def _put_token_in_message(service: Service, request: ServiceRequest, rejection: Rejection) -> dict[str, Any]:
    error = Service.make_error_object(service, request, rejection)
    more = {"message": f"{rejection.message} {request.token}"} if rejection.status == 401 else {}
    return error | more


def _put_token_in_challenge(service: Service, request: ServiceRequest, response: Response) -> Response:
    if response.status_code == 401 and request.token:
        response.headers["WWW-Authenticate"] += f', token="{request.token}"'
    return Service.finish_response(service, request, response)


def _encode_token(request: ServiceRequest) -> str:
    return base64.b64encode(json.dumps({"auth": request.token}).encode()).decode()


def _drop_challenge(when: Callable[[str], bool]) -> Callable[..., Rejection]:
    """Removes WWW-Authenticate from a 401, depending on OAuth's error code."""

    def make_unauthenticated(
        service: Service, request: ServiceRequest, message: str, error: str
    ) -> Rejection:
        whole = Service.make_unauthenticated(service, request, message, error)
        return Rejection(401, message) if when(error) else whole

    return make_unauthenticated


def _drop_field(name: str, when: Callable[[int], bool] = lambda _status: True) -> Callable[..., Response]:
    """Removes a header field, depending on the status code."""

    def finish_response(service: Service, request: ServiceRequest, response: Response) -> Response:
        finished = Service.finish_response(service, request, response)
        if when(finished.status_code):
            del finished.headers[name]
        return finished

    return finish_response


def _send_zeros(service: Service, request: ServiceRequest, response: Response) -> Response:
    finished = Service.finish_response(service, request, response)
    if finished.status_code == 401:
        finished.headers["request-id"] = str(uuid.UUID(int=0))
    return finished


def _declare_media_type(media_type: str) -> Callable[..., Response]:
    """Declares a media type for the content that a successful cancel does not have."""
    return lambda service, *_: Response(
        status_code=service.tenant.contract.success.status, headers={"Content-Type": media_type}
    )


FAULTS = (
    *faults_of(
        "service.error-shape",
        entry("errors-in-html", "Errors are pages of HTML.", make_error_response=_make_html),
        entry(
            "errors-without-content",
            "Errors have no content.",
            make_error_response=lambda _, __, rejection: Response(status_code=rejection.status),
        ),
        entry("errors-are-cut", "Errors end in the middle of their JSON.", make_error_response=_cut_error),
        entry(
            "errors-of-an-old-protocol",
            "Errors are those of OData 3: `odata.error`, with an object as the message.",
            wrap_error=_wrap_as_odata_3,
        ),
        entry("errors-are-problems", "Errors are problem details (RFC 9457).", wrap_error=_wrap_as_problem),
        entry(
            "errors-in-a-list",
            "Errors are a list with one error.",
            wrap_error=lambda _, error: [{"error": error}],
        ),
        entry(
            "errors-are-text",
            "The member `error` is a string.",
            wrap_error=lambda _, error: {"error": error["message"]},
        ),
        entry(
            "errors-without-code",
            "Errors have no code.",
            wrap_error=lambda _, error: {"error": {"message": error["message"]}},
        ),
        entry(
            "errors-with-empty-message",
            "Errors have an empty message.",
            wrap_error=lambda _, error: {"error": error | {"message": ""}},
        ),
        entry(
            "refused-tokens-in-oauth",
            "A 401 has OAuth's members instead of an error object.",
            make_error_response=_make_oauth_error,
        ),
    ),
    *faults_of(
        "service.secrets",
        entry(
            "token-in-message",
            "The message of a 401 contains the token.",
            make_error_object=_put_token_in_message,
        ),
        entry(
            "token-in-challenge",
            "The challenge of a 401 contains the token.",
            finish_response=_put_token_in_challenge,
        ),
        entry(
            "token-in-field",
            "A header field of every response contains the token, as gateways do that echo the request.",
            finish_response=set_field("x-original-authorization", lambda request: request.token),
        ),
        entry(
            "token-in-diagnostics",
            "A header field of every response contains the token in base64.",
            finish_response=set_field("x-ms-ags-diagnostic", _encode_token),
        ),
        entry(
            "token-in-task",
            "A task contains the token of the caller who reads it.",
            render_task=lambda _, request, task: task.document() | {"requestedBy": request.token},
        ),
    ),
    *faults_of(
        "service.challenge",
        entry(
            "no-challenge",
            "A 401 has no WWW-Authenticate.",
            make_unauthenticated=_drop_challenge(lambda _error: True),
        ),
        entry(
            "no-challenge-without-token",
            "A 401 has no WWW-Authenticate where the request had no token.",
            make_unauthenticated=_drop_challenge(lambda error: not error),
        ),
        entry(
            "no-challenge-for-bad-tokens",
            "A 401 has no WWW-Authenticate where the request had a token.",
            make_unauthenticated=_drop_challenge(bool),
        ),
    ),
    *faults_of(
        "service.request-id",
        entry("no-request-id", "No response has a request-id.", finish_response=_drop_field("request-id")),
        entry(
            "no-request-id-with-success",
            "A 204 has no request-id.",
            finish_response=_drop_field("request-id", lambda status: status == 204),
        ),
        entry(
            "no-request-id-with-errors",
            "Errors have no request-id.",
            finish_response=_drop_field("request-id", lambda status: status >= 400),
        ),
        entry(
            "one-request-id",
            "All responses have the same request-id.",
            finish_response=set_field("request-id", lambda _: _ONE_ID),
        ),
        entry(
            "one-request-id-for-a-path",
            "All responses to requests for one path have the same request-id.",
            finish_response=set_field(
                "request-id", lambda request: str(uuid.uuid5(uuid.NAMESPACE_URL, request.path))
            ),
        ),
        entry(
            "empty-request-id-with-401",
            "A 401 has a request-id of zeros, as where it is made before the id.",
            finish_response=_send_zeros,
        ),
        entry(
            "no-client-request-id",
            "The client-request-id of a request is not returned.",
            finish_response=_drop_field("client-request-id"),
        ),
        entry(
            "another-client-request-id",
            "Another client-request-id is returned than the one that was sent.",
            finish_response=set_field("client-request-id", lambda _: str(uuid.uuid4())),
        ),
    ),
    *faults_of(
        "service.media-type",
        entry(
            "json-without-content",
            "A 204 declares JSON.",
            make_success=_declare_media_type("application/json"),
        ),
        entry(
            "text-without-content",
            "A 204 declares text.",
            make_success=_declare_media_type("text/plain; charset=utf-8"),
        ),
    ),
)
