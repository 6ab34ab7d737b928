"""Faults in the effect of a cancel, and in the response to it."""

# ruff: noqa: ARG002, D102 - a method has the parameters and the docstring of the one that it overrides

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from starlette.responses import RedirectResponse, Response

from graphcontract.tenant.registry import fault
from graphcontract.tenant.responses import JSON, Rejection, make_json_response
from graphcontract.tenant.steps import ServiceRequest, Steps, Tenant
from graphcontract.tenant.tasks import IllegalMove, Status, Task
from graphcontract.tenant.token_validation import Caller

# service.cancel: the task has not started, and the response is not 204.


@fault("service.cancel")
class OkWithTheTask(Steps):
    """A cancel gets 200 and the task."""

    def make_success(self, request: ServiceRequest, task: Task) -> Response:
        return make_json_response(replace(task, status=Status.CANCELLED).document())


@fault("service.cancel")
class OkWithoutContent(Steps):
    """A cancel gets 200 and no content."""

    def make_success(self, request: ServiceRequest, task: Task) -> Response:
        return Response(status_code=200)


@fault("service.cancel")
class AcceptedForLater(Steps):
    """A cancel gets 202, as if it were still to be done."""

    def make_success(self, request: ServiceRequest, task: Task) -> Response:
        return Response(status_code=202)


@fault("service.cancel")
class FailsAfterTheEffect(Steps):
    """A cancel takes effect and gets 500."""

    def make_success(self, request: ServiceRequest, task: Task) -> Response:
        raise Rejection(500, "The response could not be made.")


class _Refuses(Steps):
    """Rejects the cancel of a task that has not started."""

    def check_precondition(self, request: ServiceRequest, task: Task) -> None:
        super().check_precondition(request, task)
        self.reject_without_reason(request)

    def reject_without_reason(self, request: ServiceRequest) -> None:
        raise NotImplementedError


@fault("service.cancel")
class RefusesEveryTask(_Refuses):
    """A cancel is rejected with 409 although the task has not started."""

    def reject_without_reason(self, request: ServiceRequest) -> None:
        raise Rejection(409, "The task cannot be cancelled.")


@fault("service.cancel")
class KnowsNoTask(_Refuses):
    """A cancel is rejected with 404 although a GET shows the task."""

    def reject_without_reason(self, request: ServiceRequest) -> None:
        raise self.make_not_found(request)


@fault("service.cancel")
class WantsContent(_Refuses):
    """A cancel without content is rejected with 400, as if it had parameters."""

    def reject_without_reason(self, request: ServiceRequest) -> None:
        if not request.content:
            raise Rejection(400, "The content is empty, and JSON was expected.")


@fault("service.cancel")
class WantsAMediaType(_Refuses):
    """A cancel without a Content-Type is rejected with 415."""

    def reject_without_reason(self, request: ServiceRequest) -> None:
        if not request.headers.get("content-type", "").startswith(JSON):
            raise Rejection(415, "The request has no media type.")


@fault("service.cancel")
class RedirectsTheCancel(Steps):
    """A cancel is redirected to another path with 307, and has no effect."""

    def cancel(self, request: ServiceRequest) -> Response:
        self.check_precondition(request, self.find_task(request))
        return RedirectResponse(f"{self.tenant.root}/moved{request.path}", 307)


@fault("service.cancel")
class RefusesTheSecond(_Refuses):
    """The first cancel succeeds, every later one is rejected with 409."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self._before = 0

    def reject_without_reason(self, request: ServiceRequest) -> None:
        self._before += 1
        if self._before > 1:
            raise Rejection(409, "Another task was cancelled already.")


@fault("service.cancel")
class RefusesDelegatedTokens(Steps):
    """A cancel on behalf of a user is rejected with 403, even with the permission."""

    def check_permission(self, request: ServiceRequest, caller: Caller) -> None:
        super().check_permission(request, caller)
        if caller.delegated and request.route.operation == "cancel":
            raise self.make_forbidden("Only applications may cancel.")


# service.effect: 204, and the task is not cancelled, or another one is.


@fault("service.effect")
class NoEffect(Steps):
    """A cancel gets 204 and has no effect."""

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        pass


@fault("service.effect")
class EffectOnAnother(Steps):
    """A cancel cancels another task that has not started."""

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        for other in self.tenant.tasks.all():
            if other.id != task.id and other.status is Status.NOT_STARTED:
                self.tenant.tasks.move(other.id, Status.CANCELLED)
                return


@fault("service.effect")
class EffectOnAll(Steps):
    """A cancel cancels every task that has not started."""

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        for each in self.tenant.tasks.all():
            if each.status is Status.NOT_STARTED:
                self.tenant.tasks.move(each.id, Status.CANCELLED)


@fault("service.effect")
class EffectIsFailure(Steps):
    """A cancelled task has the status `failed`."""

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        self.tenant.tasks.put(replace(task, status=Status.FAILED, finished=self.tenant.clock.now()))


@fault("service.effect")
class EffectIsAStart(Steps):
    """A cancel starts the task."""

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        self.tenant.tasks.move(task.id, Status.IN_PROGRESS)


@fault("service.effect")
class EffectIsRemoval(Steps):
    """A cancelled task no longer exists and gets 404."""

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        self.tenant.tasks.remove(task.id)


@fault("service.effect")
class ShownAsCanceled(Steps):
    """A cancelled task has a status that does not exist: `canceled`, with one l."""

    def render_task(self, request: ServiceRequest, task: Task) -> dict[str, Any]:
        shown = super().render_task(request, task)
        return shown | {"status": "canceled"} if task.status is Status.CANCELLED else shown


class Delayed(Steps):
    """Delays the effect of a cancel by `seconds`."""

    seconds: ClassVar[float]

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.coming: dict[str, datetime] = {}

    def respond(self, request: ServiceRequest) -> Response:
        now = self.tenant.clock.now()
        for id in [id for id, due in self.coming.items() if due <= now]:
            del self.coming[id]
            with suppress(IllegalMove, KeyError):  # it has started meanwhile, or was removed
                self.tenant.tasks.move(id, Status.CANCELLED)
        return super().respond(request)

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        self.coming.setdefault(task.id, self.tenant.clock.now() + timedelta(seconds=self.seconds))


@fault("service.effect")
class EffectAfterAnHour(Delayed):
    """A cancel takes effect an hour later."""

    seconds = 3600


@fault("service.effect")
class EffectComesUndone(Steps):
    """A cancelled task shows so once, and then has its old status again."""

    def render_task(self, request: ServiceRequest, task: Task) -> dict[str, Any]:
        if task.status is Status.CANCELLED and request.route.operation == "task":
            self.tenant.tasks.put(replace(task, status=Status.NOT_STARTED, finished=None))
        return super().render_task(request, task)


@fault("service.effect")
class NoEffectTheSecondTime(Steps):
    """The first cancel takes effect, every later one gets 204 and has no effect."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self._before = 0

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        self._before += 1
        if self._before == 1:
            super().apply_cancel(request, task)


@fault("service.effect")
class NoEffectAfterThrottling(Steps):
    """The first cancel of a task is throttled, and the repeated one gets 204 and has no effect."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self._throttled: set[str] = set()

    def check_precondition(self, request: ServiceRequest, task: Task) -> None:
        super().check_precondition(request, task)
        if task.id not in self._throttled:
            self._throttled.add(task.id)
            raise self.make_throttled(1)

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        pass


@fault("service.effect")
class NoEffectForDelegatedTokens(Steps):
    """A cancel on behalf of a user gets 204 and has no effect."""

    _delegated = False

    def check_permission(self, request: ServiceRequest, caller: Caller) -> None:
        super().check_permission(request, caller)
        self._delegated = caller.delegated

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        if not self._delegated:
            super().apply_cancel(request, task)


# service.precondition: the task has started or ended.


class _Lets(Steps):
    """Accepts the cancel of a task in one more status."""

    status: ClassVar[Status]

    def check_precondition(self, request: ServiceRequest, task: Task) -> None:
        if task.status is not self.status:
            super().check_precondition(request, task)

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        self.tenant.tasks.put(replace(task, status=Status.CANCELLED, finished=self.tenant.clock.now()))


@fault("service.precondition")
class CancelsInProgress(_Lets):
    """A task that is in progress is cancelled."""

    status = Status.IN_PROGRESS


@fault("service.precondition")
class CancelsCompleted(_Lets):
    """A task that has completed is cancelled."""

    status = Status.COMPLETED


@fault("service.precondition")
class CancelsFailed(_Lets):
    """A task that has failed is cancelled."""

    status = Status.FAILED


_STARTED = (Status.IN_PROGRESS, Status.COMPLETED, Status.FAILED)


@fault("service.precondition")
class AcceptsInVain(Steps):
    """A cancel of a task that has started gets 204, and has no effect."""

    def check_precondition(self, request: ServiceRequest, task: Task) -> None:
        if task.status not in _STARTED:
            super().check_precondition(request, task)

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        if task.status not in _STARTED:
            super().apply_cancel(request, task)


@fault("service.precondition")
class RefusesAndCancels(Steps):
    """A cancel of a task that has started is rejected with 409, and takes effect."""

    def make_conflict(self, task: Task) -> Rejection:
        if task.status in _STARTED:
            self.tenant.tasks.put(replace(task, status=Status.CANCELLED))
        return super().make_conflict(task)


@fault("service.precondition")
class OkWithTheRefusal(Steps):
    """A cancel of a task that has started gets 200, with an error as its content."""

    def make_conflict(self, task: Task) -> Rejection:
        rejection = super().make_conflict(task)
        rejection.status, rejection.code = 200, "conflict"
        return rejection
