"""Faults in how a request is answered that should be refused: an id that names no task, another method."""

# ruff: noqa: ARG002, D102 - a step has the arguments and the description of the one that it replaces

from __future__ import annotations

from typing import ClassVar

from starlette.responses import RedirectResponse, Response

from graphcontract.tenant.registry import fault
from graphcontract.tenant.responses import Refusal, document
from graphcontract.tenant.steps import Asked, Steps, is_guid
from graphcontract.tenant.token_validation import Caller

# service.unknown-task and service.malformed-id: an id that names no task.


class _Instead(Steps):
    """Answers the cancel of an id that names no task in a way of its own."""

    guid: ClassVar[bool]

    def cancel(self, asked: Asked) -> Response:
        id = asked.named.task_id
        if self.tenant.tasks.get(id) is None and is_guid(id) is self.guid and self.meant(id):
            return self.instead(asked)
        return super().cancel(asked)

    def meant(self, id: str) -> bool:
        return True

    def instead(self, asked: Asked) -> Response:
        return Response(status_code=self.tenant.contract.success.status)


class _Unknown(_Instead):
    guid = True


class _Malformed(_Instead):
    guid = False


@fault("service.unknown-task")
class UnknownIsCancelled(_Unknown):
    """A cancel of a task that there is not is answered with 204."""


@fault("service.unknown-task")
class UnknownInCapitalsIsCancelled(_Unknown):
    """A cancel of a task that there is not is answered with 204 where its id has capital letters."""

    def meant(self, id: str) -> bool:
        return id != id.lower()


@fault("service.unknown-task")
class FailsOnUnknown(_Unknown):
    """A cancel of a task that there is not is answered with 500."""

    def instead(self, asked: Asked) -> Response:
        raise Refusal(500, "The task could not be loaded.")


@fault("service.unknown-task")
class OkWithNotFound(_Unknown):
    """A cancel of a task that there is not is answered with 200, and an error in the content."""

    def instead(self, asked: Asked) -> Response:
        return document({"error": self.error_object(asked, self.unknown(asked))})


@fault("service.unknown-task")
class RedirectsUnknown(_Unknown):
    """A cancel of a task that there is not is sent to the collection, with 302."""

    def instead(self, asked: Asked) -> Response:
        return RedirectResponse(f"{self.tenant.root}{self.collection}", 302)


@fault("service.malformed-id")
class MalformedIsCancelled(_Malformed):
    """A cancel of an id that could be no task's is answered with 204."""


@fault("service.malformed-id")
class FailsOnMalformed(_Malformed):
    """A cancel of an id that could be no task's is answered with 500."""

    def instead(self, asked: Asked) -> Response:
        raise Refusal(500, "The id could not be converted.")


@fault("service.malformed-id")
class FailsOnLongIds(FailsOnMalformed):
    """A cancel of an id of more than 100 characters is answered with 500."""

    def meant(self, id: str) -> bool:
        return len(id) > 100


@fault("service.malformed-id")
class FailsOnIdsBeyondAscii(FailsOnMalformed):
    """A cancel of an id with characters beyond ASCII is answered with 500."""

    def meant(self, id: str) -> bool:
        return not id.isascii()


@fault("service.malformed-id")
class NumbersAreCancelled(_Malformed):
    """A cancel of an id of digits is answered with 204."""

    def meant(self, id: str) -> bool:
        return id.isdecimal()


# service.method: other methods than POST.


class _Also(Steps):
    """Lets another method cancel."""

    method: ClassVar[str]

    def other_method(self, asked: Asked, caller: Caller) -> Response:
        if asked.named.operation == "cancel" and asked.method == self.method:
            self.permit(asked, caller)
            return self.cancel(asked)
        return super().other_method(asked, caller)


@fault("service.method")
class GetCancels(_Also):
    """A GET cancels, as any link or preview might send it."""

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
    """Any other method is answered with 200, and does nothing."""

    def other_method(self, asked: Asked, caller: Caller) -> Response:
        return document({}) if asked.named.operation == "cancel" else super().other_method(asked, caller)


@fault("service.method")
class FailsOnOtherMethods(Steps):
    """Any other method is answered with 500."""

    def other_method(self, asked: Asked, caller: Caller) -> Response:
        if asked.named.operation == "cancel":
            raise Refusal(500, "The request could not be served.")
        return super().other_method(asked, caller)
