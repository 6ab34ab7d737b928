"""Faults in how any answer is put: the shape of errors, what they give away, fields."""

# ruff: noqa: ARG002, D102 - a step has the arguments and the description of the one that it replaces

from __future__ import annotations

import base64
import json
import uuid
from typing import Any, ClassVar

from starlette.responses import Response

from graphcontract.tenant.registry import fault
from graphcontract.tenant.responses import Refusal, document
from graphcontract.tenant.steps import Asked, Steps
from graphcontract.tenant.tasks import Task

# service.error-shape.


@fault("service.error-shape")
class ErrorsInHtml(Steps):
    """Errors are pages of HTML."""

    def error(self, asked: Asked, refusal: Refusal) -> Response:
        page = f"<!DOCTYPE html><title>Error</title><p>{refusal.status}</p>"
        return Response(page, refusal.status, media_type="text/html")


@fault("service.error-shape")
class ErrorsWithoutContent(Steps):
    """Errors have no content."""

    def error(self, asked: Asked, refusal: Refusal) -> Response:
        return Response(status_code=refusal.status)


@fault("service.error-shape")
class ErrorsAreCut(Steps):
    """Errors end in the middle of their JSON."""

    def error(self, asked: Asked, refusal: Refusal) -> Response:
        whole = super().error(asked, refusal)
        return Response(bytes(whole.body)[:20], refusal.status, media_type=whole.media_type)


class _Shaped(Steps):
    """Errors are JSON of another shape."""

    def error(self, asked: Asked, refusal: Refusal) -> Response:
        return document(self.shaped(self.error_object(asked, refusal)), refusal.status)

    def shaped(self, error: dict[str, Any]) -> Any:
        raise NotImplementedError


@fault("service.error-shape")
class ErrorsOfAnOldProtocol(_Shaped):
    """Errors are those of OData 3: `odata.error`, with an object for a message."""

    def shaped(self, error: dict[str, Any]) -> Any:
        message = {"lang": "en-US", "value": error["message"]}
        return {"odata.error": {"code": error["code"], "message": message}}


@fault("service.error-shape")
class ErrorsAreProblems(_Shaped):
    """Errors are problem details, as RFC 9457 has them."""

    def shaped(self, error: dict[str, Any]) -> Any:
        return {"type": "about:blank", "title": error["code"], "detail": error["message"]}


@fault("service.error-shape")
class ErrorsInAList(_Shaped):
    """Errors are a list with one error in it."""

    def shaped(self, error: dict[str, Any]) -> Any:
        return [{"error": error}]


@fault("service.error-shape")
class ErrorsAreText(_Shaped):
    """The member `error` is a text."""

    def shaped(self, error: dict[str, Any]) -> Any:
        return {"error": error["message"]}


@fault("service.error-shape")
class ErrorsWithoutCode(_Shaped):
    """Errors have no code."""

    def shaped(self, error: dict[str, Any]) -> Any:
        return {"error": {"message": error["message"]}}


@fault("service.error-shape")
class ErrorsWithEmptyMessage(_Shaped):
    """Errors have an empty message."""

    def shaped(self, error: dict[str, Any]) -> Any:
        return {"error": error | {"message": ""}}


@fault("service.error-shape")
class RefusedTokensInOauth(Steps):
    """A 401 has OAuth's members in place of an error object."""

    def error(self, asked: Asked, refusal: Refusal) -> Response:
        if refusal.status != 401:
            return super().error(asked, refusal)
        return document({"error": "invalid_token", "error_description": refusal.message}, 401)


# service.secrets: the token in an answer.


@fault("service.secrets")
class TokenInMessage(Steps):
    """The message of a 401 repeats the token."""

    def error_object(self, asked: Asked, refusal: Refusal) -> dict[str, Any]:
        error = super().error_object(asked, refusal)
        return error | {"message": f"{refusal.message} {asked.token}"} if refusal.status == 401 else error


@fault("service.secrets")
class TokenInChallenge(Steps):
    """The challenge of a 401 repeats the token."""

    def refuse(self, asked: Asked, refusal: Refusal) -> Response:
        response = super().refuse(asked, refusal)
        if refusal.status == 401 and asked.token:
            response.headers["WWW-Authenticate"] += f', token="{asked.token}"'
        return response


@fault("service.secrets")
class TokenInField(Steps):
    """A field of every answer repeats the token, as gateways do that show what they were sent."""

    def finish(self, asked: Asked, response: Response) -> Response:
        response.headers["x-original-authorization"] = asked.token
        return super().finish(asked, response)


@fault("service.secrets")
class TokenInDiagnostics(Steps):
    """A field of every answer holds the token in base64."""

    def finish(self, asked: Asked, response: Response) -> Response:
        told = base64.b64encode(json.dumps({"auth": asked.token}).encode()).decode()
        response.headers["x-ms-ags-diagnostic"] = told
        return super().finish(asked, response)


@fault("service.secrets")
class TokenInTask(Steps):
    """A task repeats the token of whoever reads it."""

    def show(self, asked: Asked, task: Task) -> dict[str, Any]:
        return super().show(asked, task) | {"requestedBy": asked.token}


# service.challenge, service.request-id, service.media-type: fields.


@fault("service.challenge")
class NoChallenge(Steps):
    """A 401 has no WWW-Authenticate."""

    def unauthenticated(self, message: str, error: str = "") -> Refusal:
        return Refusal(401, message)


@fault("service.challenge")
class NoChallengeWithoutToken(Steps):
    """A 401 has no WWW-Authenticate where the request had no token."""

    def unauthenticated(self, message: str, error: str = "") -> Refusal:
        return super().unauthenticated(message, error) if error else Refusal(401, message)


@fault("service.challenge")
class NoChallengeForBadTokens(Steps):
    """A 401 has no WWW-Authenticate where the request had a token."""

    def unauthenticated(self, message: str, error: str = "") -> Refusal:
        return Refusal(401, message) if error else super().unauthenticated(message, error)


class _Without(Steps):
    """Leaves a field out of some answers."""

    field: ClassVar[str]

    def finish(self, asked: Asked, response: Response) -> Response:
        finished = super().finish(asked, response)
        if self.meant(finished.status_code):
            del finished.headers[self.field]
        return finished

    def meant(self, status: int) -> bool:
        return True


@fault("service.request-id")
class NoRequestId(_Without):
    """No answer has a request-id."""

    field = "request-id"


@fault("service.request-id")
class NoRequestIdWithSuccess(NoRequestId):
    """A 204 has no request-id."""

    def meant(self, status: int) -> bool:
        return status == 204


@fault("service.request-id")
class NoRequestIdWithErrors(NoRequestId):
    """Errors have no request-id."""

    def meant(self, status: int) -> bool:
        return status >= 400


@fault("service.request-id")
class NoClientRequestId(_Without):
    """The client-request-id of a request is not returned."""

    field = "client-request-id"


@fault("service.request-id")
class AnotherClientRequestId(Steps):
    """Another client-request-id is returned than was sent."""

    def client_request_id(self, asked: Asked) -> str:
        return str(uuid.uuid4())


class _MediaType(Steps):
    """Declares a media type of the content that a 204 does not have."""

    media_type: ClassVar[str]

    def cancelled(self, asked: Asked, task: Task) -> Response:
        response = super().cancelled(asked, task)
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
