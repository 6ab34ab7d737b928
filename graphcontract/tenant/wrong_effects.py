"""Faults in what a cancel does, and in how that is told."""

# ruff: noqa: ARG002, D102 - a step has the arguments and the description of the one that it replaces

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from starlette.responses import RedirectResponse, Response

from graphcontract.tenant.registry import fault
from graphcontract.tenant.responses import JSON, Refusal, document
from graphcontract.tenant.steps import Asked, Steps, Tenant
from graphcontract.tenant.tasks import IllegalMove, Status, Task
from graphcontract.tenant.token_validation import Caller

# service.cancel: the task has not started, and the answer is another than 204.


@fault("service.cancel")
class OkWithTheTask(Steps):
    """A cancel is answered with 200 and the task."""

    def cancelled(self, asked: Asked, task: Task) -> Response:
        return document(replace(task, status=Status.CANCELLED).document())


@fault("service.cancel")
class OkWithoutContent(Steps):
    """A cancel is answered with 200 and no content."""

    def cancelled(self, asked: Asked, task: Task) -> Response:
        return Response(status_code=200)


@fault("service.cancel")
class AcceptedForLater(Steps):
    """A cancel is answered with 202, as if it were still to come."""

    def cancelled(self, asked: Asked, task: Task) -> Response:
        return Response(status_code=202)


@fault("service.cancel")
class FailsAfterTheEffect(Steps):
    """A cancel takes effect and is answered with 500."""

    def cancelled(self, asked: Asked, task: Task) -> Response:
        raise Refusal(500, "The answer could not be made.")


class _Refuses(Steps):
    """Refuses to cancel a task that has not started, for a reason of its own."""

    def require(self, asked: Asked, task: Task) -> None:
        super().require(asked, task)
        self.refuse_for_no_reason(asked)

    def refuse_for_no_reason(self, asked: Asked) -> None:
        raise NotImplementedError


@fault("service.cancel")
class RefusesEveryTask(_Refuses):
    """A cancel is refused with 409 although the task has not started."""

    def refuse_for_no_reason(self, asked: Asked) -> None:
        raise Refusal(409, "The task cannot be cancelled.")


@fault("service.cancel")
class KnowsNoTask(_Refuses):
    """A cancel is refused with 404 although a GET shows the task."""

    def refuse_for_no_reason(self, asked: Asked) -> None:
        raise self.unknown(asked)


@fault("service.cancel")
class WantsContent(_Refuses):
    """A cancel without content is refused with 400, as if it had parameters."""

    def refuse_for_no_reason(self, asked: Asked) -> None:
        if not asked.content:
            raise Refusal(400, "The content is empty, and JSON was expected.")


@fault("service.cancel")
class WantsAMediaType(_Refuses):
    """A cancel without a Content-Type is refused with 415."""

    def refuse_for_no_reason(self, asked: Asked) -> None:
        if not asked.headers.get("content-type", "").startswith(JSON):
            raise Refusal(415, "The request has no media type.")


@fault("service.cancel")
class RedirectsTheCancel(Steps):
    """A cancel is sent on to another path with 307, and does nothing."""

    def cancel(self, asked: Asked) -> Response:
        self.require(asked, self.find(asked))
        return RedirectResponse(f"{self.tenant.root}/moved{asked.path}", 307)


@fault("service.cancel")
class RefusesTheSecond(_Refuses):
    """The first cancel is answered as it should be, every later one refused with 409."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self._before = 0

    def refuse_for_no_reason(self, asked: Asked) -> None:
        self._before += 1
        if self._before > 1:
            raise Refusal(409, "Another task was cancelled already.")


@fault("service.cancel")
class RefusesDelegatedTokens(Steps):
    """A cancel on behalf of a user is refused with 403, permission or not."""

    def permit(self, asked: Asked, caller: Caller) -> None:
        super().permit(asked, caller)
        if caller.delegated and asked.named.operation == "cancel":
            raise self.forbidden("Only applications may cancel.")


# service.effect: 204, and the task does not show as cancelled, or another one does.


@fault("service.effect")
class NoEffect(Steps):
    """A cancel is answered with 204 and does nothing."""

    def carry_out(self, asked: Asked, task: Task) -> None:
        pass


@fault("service.effect")
class EffectOnAnother(Steps):
    """A cancel reaches another task that has not started, in place of its own."""

    def carry_out(self, asked: Asked, task: Task) -> None:
        for other in self.tenant.tasks.all():
            if other.id != task.id and other.status is Status.NOT_STARTED:
                self.tenant.tasks.move(other.id, Status.CANCELLED)
                return


@fault("service.effect")
class EffectOnAll(Steps):
    """A cancel reaches every task that has not started."""

    def carry_out(self, asked: Asked, task: Task) -> None:
        for each in self.tenant.tasks.all():
            if each.status is Status.NOT_STARTED:
                self.tenant.tasks.move(each.id, Status.CANCELLED)


@fault("service.effect")
class EffectIsFailure(Steps):
    """A cancelled task shows as failed."""

    def carry_out(self, asked: Asked, task: Task) -> None:
        self.tenant.tasks.put(replace(task, status=Status.FAILED, finished=self.tenant.clock.now()))


@fault("service.effect")
class EffectIsAStart(Steps):
    """A cancel starts the task."""

    def carry_out(self, asked: Asked, task: Task) -> None:
        self.tenant.tasks.move(task.id, Status.IN_PROGRESS)


@fault("service.effect")
class EffectIsRemoval(Steps):
    """A cancelled task is gone, and answered with 404."""

    def carry_out(self, asked: Asked, task: Task) -> None:
        self.tenant.tasks.remove(task.id)


@fault("service.effect")
class ShownAsCanceled(Steps):
    """A cancelled task shows a status that is none: `canceled`, with one l."""

    def show(self, asked: Asked, task: Task) -> dict[str, Any]:
        shown = super().show(asked, task)
        return shown | {"status": "canceled"} if task.status is Status.CANCELLED else shown


class Delayed(Steps):
    """Lets the effect of a cancel come so many seconds later."""

    seconds: ClassVar[float]

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.coming: dict[str, datetime] = {}

    def answer(self, asked: Asked) -> Response:
        now = self.tenant.clock.now()
        for id in [id for id, due in self.coming.items() if due <= now]:
            del self.coming[id]
            with suppress(IllegalMove, KeyError):  # it has started meanwhile, or is gone
                self.tenant.tasks.move(id, Status.CANCELLED)
        return super().answer(asked)

    def carry_out(self, asked: Asked, task: Task) -> None:
        self.coming.setdefault(task.id, self.tenant.clock.now() + timedelta(seconds=self.seconds))


@fault("service.effect")
class EffectAfterAnHour(Delayed):
    """A cancel takes effect an hour later."""

    seconds = 3600


@fault("service.effect")
class EffectComesUndone(Steps):
    """A cancelled task shows so once, and is then back where it was."""

    def show(self, asked: Asked, task: Task) -> dict[str, Any]:
        if task.status is Status.CANCELLED and asked.named.operation == "task":
            self.tenant.tasks.put(replace(task, status=Status.NOT_STARTED, finished=None))
        return super().show(asked, task)


@fault("service.effect")
class NoEffectTheSecondTime(Steps):
    """The first cancel takes effect, every later one is answered with 204 and does nothing."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self._before = 0

    def carry_out(self, asked: Asked, task: Task) -> None:
        self._before += 1
        if self._before == 1:
            super().carry_out(asked, task)


@fault("service.effect")
class NoEffectAfterThrottling(Steps):
    """The first cancel of a task is throttled, and the one that comes after is answered with 204 in vain."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self._throttled: set[str] = set()

    def require(self, asked: Asked, task: Task) -> None:
        super().require(asked, task)
        if task.id not in self._throttled:
            self._throttled.add(task.id)
            raise self.throttled(1)

    def carry_out(self, asked: Asked, task: Task) -> None:
        pass


@fault("service.effect")
class NoEffectForDelegatedTokens(Steps):
    """A cancel on behalf of a user is answered with 204 and does nothing."""

    _delegated = False

    def permit(self, asked: Asked, caller: Caller) -> None:
        super().permit(asked, caller)
        self._delegated = caller.delegated

    def carry_out(self, asked: Asked, task: Task) -> None:
        if not self._delegated:
            super().carry_out(asked, task)


# service.precondition: the task has started, or ended.


class _Lets(Steps):
    """Takes a task in one status for one that has not started."""

    status: ClassVar[Status]

    def require(self, asked: Asked, task: Task) -> None:
        if task.status is not self.status:
            super().require(asked, task)

    def carry_out(self, asked: Asked, task: Task) -> None:
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
    """A cancel of a task that has started is answered with 204, and does nothing."""

    def require(self, asked: Asked, task: Task) -> None:
        if task.status not in _STARTED:
            super().require(asked, task)

    def carry_out(self, asked: Asked, task: Task) -> None:
        if task.status not in _STARTED:
            super().carry_out(asked, task)


@fault("service.precondition")
class RefusesAndCancels(Steps):
    """A cancel of a task that has started is refused with 409, and the task is cancelled."""

    def too_late(self, task: Task) -> Refusal:
        if task.status in _STARTED:
            self.tenant.tasks.put(replace(task, status=Status.CANCELLED))
        return super().too_late(task)


@fault("service.precondition")
class OkWithTheRefusal(Steps):
    """A cancel of a task that has started is answered with 200, and an error in the content."""

    def too_late(self, task: Task) -> Refusal:
        refusal = super().too_late(task)
        refusal.status, refusal.code = 200, "conflict"
        return refusal
