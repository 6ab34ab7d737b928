"""Faults in any response: the shape of errors, secrets in it, its header fields."""

# ruff: noqa: ARG002, D102 - a method has the parameters and the docstring of the one that it overrides

from __future__ import annotations

import base64
import json
import uuid
from typing import Any, ClassVar

from starlette.responses import Response

from graphcontract.tenant.registry import fault
from graphcontract.tenant.responses import Rejection, make_json_response
from graphcontract.tenant.steps import ServiceRequest, Steps
from graphcontract.tenant.tasks import Task

# service.error-shape.


@fault("service.error-shape")
class ErrorsInHtml(Steps):
    """Errors are pages of HTML."""

    def make_error_response(self, request: ServiceRequest, rejection: Rejection) -> Response:
        page = f"<!DOCTYPE html><title>Error</title><p>{rejection.status}</p>"
        return Response(page, rejection.status, media_type="text/html")


@fault("service.error-shape")
class ErrorsWithoutContent(Steps):
    """Errors have no content."""

    def make_error_response(self, request: ServiceRequest, rejection: Rejection) -> Response:
        return Response(status_code=rejection.status)


@fault("service.error-shape")
class ErrorsAreCut(Steps):
    """Errors end in the middle of their JSON."""

    def make_error_response(self, request: ServiceRequest, rejection: Rejection) -> Response:
        whole = super().make_error_response(request, rejection)
        return Response(bytes(whole.body)[:20], rejection.status, media_type=whole.media_type)


class _Shaped(Steps):
    """Errors are JSON of another shape."""

    def make_error_response(self, request: ServiceRequest, rejection: Rejection) -> Response:
        return make_json_response(self.reshape(self.make_error_object(request, rejection)), rejection.status)

    def reshape(self, error: dict[str, Any]) -> Any:
        raise NotImplementedError


@fault("service.error-shape")
class ErrorsOfAnOldProtocol(_Shaped):
    """Errors are those of OData 3: `odata.error`, with an object as the message."""

    def reshape(self, error: dict[str, Any]) -> Any:
        message = {"lang": "en-US", "value": error["message"]}
        return {"odata.error": {"code": error["code"], "message": message}}


@fault("service.error-shape")
class ErrorsAreProblems(_Shaped):
    """Errors are problem details (RFC 9457)."""

    def reshape(self, error: dict[str, Any]) -> Any:
        return {"type": "about:blank", "title": error["code"], "detail": error["message"]}


@fault("service.error-shape")
class ErrorsInAList(_Shaped):
    """Errors are a list with one error."""

    def reshape(self, error: dict[str, Any]) -> Any:
        return [{"error": error}]


@fault("service.error-shape")
class ErrorsAreText(_Shaped):
    """The member `error` is a string."""

    def reshape(self, error: dict[str, Any]) -> Any:
        return {"error": error["message"]}


@fault("service.error-shape")
class ErrorsWithoutCode(_Shaped):
    """Errors have no code."""

    def reshape(self, error: dict[str, Any]) -> Any:
        return {"error": {"message": error["message"]}}


@fault("service.error-shape")
class ErrorsWithEmptyMessage(_Shaped):
    """Errors have an empty message."""

    def reshape(self, error: dict[str, Any]) -> Any:
        return {"error": error | {"message": ""}}


@fault("service.error-shape")
class RefusedTokensInOauth(Steps):
    """A 401 has OAuth's members instead of an error object."""

    def make_error_response(self, request: ServiceRequest, rejection: Rejection) -> Response:
        if rejection.status != 401:
            return super().make_error_response(request, rejection)
        return make_json_response({"error": "invalid_token", "error_description": rejection.message}, 401)


# service.secrets: the token in a response.


@fault("service.secrets")
class TokenInMessage(Steps):
    """The message of a 401 contains the token."""

    def make_error_object(self, request: ServiceRequest, rejection: Rejection) -> dict[str, Any]:
        error = super().make_error_object(request, rejection)
        return (
            error | {"message": f"{rejection.message} {request.token}"} if rejection.status == 401 else error
        )


@fault("service.secrets")
class TokenInChallenge(Steps):
    """The challenge of a 401 contains the token."""

    def reject(self, request: ServiceRequest, rejection: Rejection) -> Response:
        response = super().reject(request, rejection)
        if rejection.status == 401 and request.token:
            response.headers["WWW-Authenticate"] += f', token="{request.token}"'
        return response


@fault("service.secrets")
class TokenInField(Steps):
    """A header field of every response contains the token, as gateways do that echo the request."""

    def finish_response(self, request: ServiceRequest, response: Response) -> Response:
        response.headers["x-original-authorization"] = request.token
        return super().finish_response(request, response)


@fault("service.secrets")
class TokenInDiagnostics(Steps):
    """A header field of every response contains the token in base64."""

    def finish_response(self, request: ServiceRequest, response: Response) -> Response:
        value = base64.b64encode(json.dumps({"auth": request.token}).encode()).decode()
        response.headers["x-ms-ags-diagnostic"] = value
        return super().finish_response(request, response)


@fault("service.secrets")
class TokenInTask(Steps):
    """A task contains the token of the caller who reads it."""

    def render_task(self, request: ServiceRequest, task: Task) -> dict[str, Any]:
        return super().render_task(request, task) | {"requestedBy": request.token}


# service.challenge, service.request-id, service.media-type: header fields.


@fault("service.challenge")
class NoChallenge(Steps):
    """A 401 has no WWW-Authenticate."""

    def make_unauthenticated(self, message: str, error: str = "") -> Rejection:
        return Rejection(401, message)


@fault("service.challenge")
class NoChallengeWithoutToken(Steps):
    """A 401 has no WWW-Authenticate where the request had no token."""

    def make_unauthenticated(self, message: str, error: str = "") -> Rejection:
        return super().make_unauthenticated(message, error) if error else Rejection(401, message)


@fault("service.challenge")
class NoChallengeForBadTokens(Steps):
    """A 401 has no WWW-Authenticate where the request had a token."""

    def make_unauthenticated(self, message: str, error: str = "") -> Rejection:
        return Rejection(401, message) if error else super().make_unauthenticated(message, error)


class _Without(Steps):
    """Removes a header field from some responses."""

    field: ClassVar[str]

    def finish_response(self, request: ServiceRequest, response: Response) -> Response:
        finished = super().finish_response(request, response)
        if self.applies_to(finished.status_code):
            del finished.headers[self.field]
        return finished

    def applies_to(self, status: int) -> bool:
        return True


@fault("service.request-id")
class NoRequestId(_Without):
    """No response has a request-id."""

    field = "request-id"


@fault("service.request-id")
class NoRequestIdWithSuccess(NoRequestId):
    """A 204 has no request-id."""

    def applies_to(self, status: int) -> bool:
        return status == 204


@fault("service.request-id")
class NoRequestIdWithErrors(NoRequestId):
    """Errors have no request-id."""

    def applies_to(self, status: int) -> bool:
        return status >= 400


@fault("service.request-id")
class NoClientRequestId(_Without):
    """The client-request-id of a request is not returned."""

    field = "client-request-id"


@fault("service.request-id")
class AnotherClientRequestId(Steps):
    """Another client-request-id is returned than the one that was sent."""

    def client_request_id(self, request: ServiceRequest) -> str:
        return str(uuid.uuid4())


class _MediaType(Steps):
    """Declares a media type for the content that a 204 does not have."""

    media_type: ClassVar[str]

    def make_success(self, request: ServiceRequest, task: Task) -> Response:
        response = super().make_success(request, task)
        response.headers["Content-Type"] = self.media_type
        return response


@fault("service.media-type")
class JsonWithoutContent(_MediaType):
    """A 204 declares JSON."""

    media_type = "application/json"


@fault("service.media-type")
class TextWithoutContent(_MediaType):
    """A 204 declares text."""

    media_type = "text/plain; charset=utf-8"
