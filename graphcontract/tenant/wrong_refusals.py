"""Faults in requests that must be rejected: an id of no task, another method."""

# ruff: noqa: ARG002, D102 - a method has the parameters and the docstring of the one that it overrides

from __future__ import annotations

from typing import ClassVar

from starlette.responses import RedirectResponse, Response

from graphcontract.tenant.registry import fault
from graphcontract.tenant.responses import Rejection, make_json_response
from graphcontract.tenant.steps import ServiceRequest, Steps, is_guid
from graphcontract.tenant.token_validation import Caller

# service.unknown-task and service.malformed-id: an id of no task.


class _Instead(Steps):
    """Handles the cancel of an id of no task in another way."""

    guid: ClassVar[bool]

    def cancel(self, request: ServiceRequest) -> Response:
        id = request.route.task_id
        if self.tenant.tasks.get(id) is None and is_guid(id) is self.guid and self.applies_to(id):
            return self.respond_instead(request)
        return super().cancel(request)

    def applies_to(self, id: str) -> bool:
        return True

    def respond_instead(self, request: ServiceRequest) -> Response:
        return Response(status_code=self.tenant.contract.success.status)


class _Unknown(_Instead):
    guid = True


class _Malformed(_Instead):
    guid = False


@fault("service.unknown-task")
class UnknownIsCancelled(_Unknown):
    """A cancel of a task that does not exist gets 204."""


@fault("service.unknown-task")
class UnknownInCapitalsIsCancelled(_Unknown):
    """A cancel of a task that does not exist gets 204 if its id has capital letters."""

    def applies_to(self, id: str) -> bool:
        return id != id.lower()


@fault("service.unknown-task")
class FailsOnUnknown(_Unknown):
    """A cancel of a task that does not exist gets 500."""

    def respond_instead(self, request: ServiceRequest) -> Response:
        raise Rejection(500, "The task could not be loaded.")


@fault("service.unknown-task")
class OkWithNotFound(_Unknown):
    """A cancel of a task that does not exist gets 200, with an error as its content."""

    def respond_instead(self, request: ServiceRequest) -> Response:
        return make_json_response({"error": self.make_error_object(request, self.make_not_found(request))})


@fault("service.unknown-task")
class RedirectsUnknown(_Unknown):
    """A cancel of a task that does not exist is redirected to the collection, with 302."""

    def respond_instead(self, request: ServiceRequest) -> Response:
        return RedirectResponse(f"{self.tenant.root}{self.collection}", 302)


@fault("service.malformed-id")
class MalformedIsCancelled(_Malformed):
    """A cancel of a malformed id gets 204."""


@fault("service.malformed-id")
class FailsOnMalformed(_Malformed):
    """A cancel of a malformed id gets 500."""

    def respond_instead(self, request: ServiceRequest) -> Response:
        raise Rejection(500, "The id could not be converted.")


@fault("service.malformed-id")
class FailsOnLongIds(FailsOnMalformed):
    """A cancel of an id of more than 100 characters gets 500."""

    def applies_to(self, id: str) -> bool:
        return len(id) > 100


@fault("service.malformed-id")
class FailsOnIdsBeyondAscii(FailsOnMalformed):
    """A cancel of an id with characters beyond ASCII gets 500."""

    def applies_to(self, id: str) -> bool:
        return not id.isascii()


@fault("service.malformed-id")
class NumbersAreCancelled(_Malformed):
    """A cancel of an id of digits gets 204."""

    def applies_to(self, id: str) -> bool:
        return id.isdecimal()


# service.method: other methods than POST.


class _Also(Steps):
    """Lets another method cancel."""

    method: ClassVar[str]

    def handle_other_method(self, request: ServiceRequest, caller: Caller) -> Response:
        if request.route.operation == "cancel" and request.method == self.method:
            self.check_permission(request, caller)
            return self.cancel(request)
        return super().handle_other_method(request, caller)


@fault("service.method")
class GetCancels(_Also):
    """A GET cancels, so that any link or preview may."""

    method = "GET"


@fault("service.method")
class HeadCancels(_Also):
    """A HEAD cancels."""

    method = "HEAD"


@fault("service.method")
class PutCancels(_Also):
    """A PUT cancels."""

    method = "PUT"


@fault("service.method")
class PatchCancels(_Also):
    """A PATCH cancels."""

    method = "PATCH"


@fault("service.method")
class DeleteCancels(_Also):
    """A DELETE cancels."""

    method = "DELETE"


@fault("service.method")
class OptionsCancels(_Also):
    """An OPTIONS cancels."""

    method = "OPTIONS"


@fault("service.method")
class OtherMethodsAreOk(Steps):
    """Any other method gets 200, and has no effect."""

    def handle_other_method(self, request: ServiceRequest, caller: Caller) -> Response:
        return (
            make_json_response({})
            if request.route.operation == "cancel"
            else super().handle_other_method(request, caller)
        )


@fault("service.method")
class FailsOnOtherMethods(Steps):
    """Any other method gets 500."""

    def handle_other_method(self, request: ServiceRequest, caller: Caller) -> Response:
        if request.route.operation == "cancel":
            raise Rejection(500, "The request could not be served.")
        return super().handle_other_method(request, caller)
