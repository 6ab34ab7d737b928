"""How a request is answered, step by step. Each step is a method, which a fault or a variant replaces.

Contract-driven where the contract speaks: the cancel's method, path, success, permission and error codes.
Knows tokens, tasks and Graph's shapes, and no socket.
"""

# ruff: noqa: ARG002 - a step is handed what any of its replacements needs

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response

from graphcontract.contract.model import Contract
from graphcontract.tenant.clock import Clock, shown
from graphcontract.tenant.create_body import read_order
from graphcontract.tenant.directory import MANAGE, READ, Directory
from graphcontract.tenant.responses import Refusal, document
from graphcontract.tenant.routing import Named, options
from graphcontract.tenant.tasks import Full, IllegalMove, Status, Task, Tasks
from graphcontract.tenant.throttle import Bucket
from graphcontract.tenant.token_validation import BadToken, Caller, Scheme, verify

PAGE_SIZE = 100
PROPERTIES = frozenset(
    ("error", "finishedDateTime", "id", "lastUpdatedDateTime", "parameters", "startedDateTime", "status")
)
_NUMBER = re.compile(r"[0-9]{1,3}")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_METHODS = {"tasks": ("GET", "POST"), "task": ("GET",), "lookup": ("GET",)}


@dataclass(frozen=True, slots=True)
class Tenant:
    """Everything that a tenant is made of. `root` is the service root with its version segment."""

    contract: Contract
    root: str
    clock: Clock
    tasks: Tasks
    directory: Directory
    bucket: Bucket

    @classmethod
    def of(
        cls,
        contract: Contract,
        origin: str,
        clock: Clock,
        *,
        size: int = 200,
        rate: float = 100.0,
        takes: float = 60.0,
    ) -> Tenant:
        """A tenant without tasks. `size` and `rate` are the throttling bucket's, in requests and requests a
        second; `takes` is how many seconds a task is in progress.
        """
        return cls(
            contract=contract,
            root=f"{origin}/{contract.request.version}",
            clock=clock,
            tasks=Tasks(clock, takes=takes),
            directory=Directory(clock, origin, contract.request.root),
            bucket=Bucket(clock, size=size, rate=rate),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the steps see it: `path` is raw, `named` what it names."""

    method: str
    path: str
    query: str
    headers: Headers
    content: bytes
    named: Named
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def token(self) -> str:
        """What follows the scheme in Authorization; empty where the scheme is not Bearer."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


class Steps:
    """The service as the contract has it. An instance belongs to one tenant and may keep what it saw."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def answer(self, asked: Asked) -> Response:
        """Answer any request."""
        try:
            caller = self.authenticate(asked)
            self.throttle(asked)
            response = self.perform(asked, caller)
        except Refusal as refusal:
            response = self.refuse(asked, refusal)
        return self.finish(asked, response)

    # Who asks, and whether now.

    def authenticate(self, asked: Asked) -> Caller:
        """Whom the token speaks for; 401 where there is none that is good."""
        if not asked.token:
            raise self.unauthenticated("There is no access token.")
        try:
            return verify(asked.token, self.tenant.directory, self.tenant.clock)
        except BadToken as error:
            raise self.unauthenticated(str(error), "invalid_token") from error

    def unauthenticated(self, message: str, error: str = "") -> Refusal:
        """A 401 with its challenge."""
        directory = self.tenant.directory
        where = f"{directory.authority}/{directory.tenant_id}/oauth2/v2.0/authorize"
        challenge = f'Bearer realm="", authorization_uri="{where}"'
        if error:
            challenge += f', error="{error}", error_description="{message}"'
        return Refusal(401, message, fields={"WWW-Authenticate": challenge})

    def throttle(self, asked: Asked) -> None:
        """429 where the bucket is empty."""
        wait = self.tenant.bucket.take()
        if wait is not None:
            raise self.throttled(wait)

    def throttled(self, wait: int) -> Refusal:
        """A 429 that says in how many seconds to come again."""
        return Refusal(429, "There are too many requests.", fields={"Retry-After": str(wait)})

    def permit(self, asked: Asked, caller: Caller) -> None:
        """403 where the token does not carry the permission."""
        if not caller.permissions & self.permissions(asked, caller.scheme):
            raise self.forbidden("The token does not carry the permission.")

    def permissions(self, asked: Asked, scheme: Scheme) -> frozenset[str]:
        """The permissions of which any one will do, for tokens of this scheme."""
        entries = self.tenant.contract.permissions
        if asked.named.operation == "cancel" and entries is not None:
            given = [entry for entry in entries if entry.scheme == scheme]
            return frozenset(name for entry in given for name in (*entry.least, *entry.higher))
        if scheme == "DelegatedPersonal":
            return frozenset()
        return frozenset({MANAGE} if asked.method == "POST" else {READ, MANAGE})

    def forbidden(self, message: str) -> Refusal:
        """A 403."""
        return Refusal(403, message)

    # What is asked for.

    def perform(self, asked: Asked, caller: Caller) -> Response:
        """Do what the request names."""
        if asked.named.operation is None:
            raise Refusal(404, "There is no resource of this name.", code="ResourceNotFound")
        if asked.method not in self.methods(asked):
            return self.other_method(asked, caller)
        self.permit(asked, caller)
        return self.operation(asked)(asked)

    def methods(self, asked: Asked) -> tuple[str, ...]:
        """The methods that what is named has."""
        operation = asked.named.operation
        return _METHODS.get(operation or "") or (self.tenant.contract.request.method,)

    def operation(self, asked: Asked) -> Callable[[Asked], Response]:
        """The operation for a request's method and path."""
        operations: Mapping[str | None, Callable[[Asked], Response]]
        operations = {"cancel": self.cancel, "task": self.get, "lookup": self.look_up}
        return operations.get(asked.named.operation) or (self.submit if asked.method == "POST" else self.list)

    def other_method(self, asked: Asked, caller: Caller) -> Response:
        """405 for a method that what is named does not have."""
        allow = {"Allow": ", ".join(self.methods(asked))}
        raise Refusal(405, f"This resource does not have the method {asked.method[:20]}.", fields=allow)

    # The action under contract.

    def cancel(self, asked: Asked) -> Response:
        """Cancel a task that has not started."""
        task = self.find(asked)
        self.require(asked, task)
        self.carry_out(asked, task)
        return self.cancelled(asked, task)

    def find(self, asked: Asked) -> Task:
        """The task that is named; 404 for an id that is unknown, 400 for one that is none."""
        id = asked.named.task_id
        task = self.tenant.tasks.get(id)
        if task is None:
            raise self.unknown(asked) if is_guid(id) else self.malformed(asked)
        return task

    def unknown(self, asked: Asked) -> Refusal:
        """What an id that could be a task's is answered with."""
        return Refusal(404, "There is no such task.")

    def malformed(self, asked: Asked) -> Refusal:
        """What an id that could not be a task's is answered with."""
        return Refusal(400, "The id is no id of a task.")

    def require(self, asked: Asked, task: Task) -> None:
        """409 where the task has a status in which it cannot be cancelled."""
        precondition = self.tenant.contract.precondition
        statuses = precondition.statuses if precondition is not None else (Status.NOT_STARTED,)
        if task.status not in statuses:
            raise self.too_late(task)

    def too_late(self, task: Task) -> Refusal:
        """What a cancel of a task that has started, or ended, is answered with."""
        return Refusal(409, f"The task is {task.status}, and can no longer be cancelled.")

    def carry_out(self, asked: Asked, task: Task) -> None:
        """The effect of a cancel."""
        self.tenant.tasks.move(task.id, Status.CANCELLED)

    def cancelled(self, asked: Asked, task: Task) -> Response:
        """The success of a cancel."""
        return Response(status_code=self.tenant.contract.success.status)

    # Its sibling operations.

    def get(self, asked: Asked) -> Response:
        """One task."""
        whole = self.show(asked, self.find(asked))
        selected = self.query(asked, "$select").get("$select")
        if selected is None:
            return document(whole)
        names = selected.split(",")
        if unknown := set(names) - PROPERTIES:
            raise Refusal(400, f"A task has no property {min(unknown)[:40]!r}.")
        return document({name: whole[name] for name in names if name in whole})

    def query(self, asked: Asked, *known: str) -> Mapping[str, str]:
        """The query's options; 400 for any but these."""
        try:
            query = options(asked.query)
        except ValueError as error:
            raise Refusal(400, "The query has too many fields.") from error
        if unknown := query.keys() - set(known):
            raise Refusal(400, f"The query option {min(unknown)[:40]!r} is not supported.")
        return query

    def show(self, asked: Asked, task: Task) -> dict[str, Any]:
        """A task's document."""
        return task.document()

    def look_up(self, asked: Asked) -> Response:
        """The newest task for a source."""
        assert asked.named.source is not None
        task = self.tenant.tasks.by_source(asked.named.source)
        if task is None:
            raise Refusal(404, "There is no task for this source.")
        return document(self.show(asked, task))

    def list(self, asked: Asked) -> Response:
        """A page of tasks, with a link to the next."""
        query = self.query(asked, "$top", "$skiptoken")
        top = query.get("$top", str(PAGE_SIZE))
        size = int(top) if _NUMBER.fullmatch(top) else 0
        if not 1 <= size <= PAGE_SIZE:
            raise Refusal(400, f"$top is no number between 1 and {PAGE_SIZE}.")
        tasks = self.tenant.tasks.all()
        if after := query.get("$skiptoken"):
            places = [place for place, task in enumerate(tasks) if task.id == after]
            if not places:
                raise Refusal(400, "$skiptoken is from no link of this service.")
            tasks = tasks[places[0] + 1 :]
        page: dict[str, Any] = {"value": [self.show(asked, task) for task in tasks[:size]]}
        if len(tasks) > size:
            rest = f"$top={size}&$skiptoken={tasks[size - 1].id}"
            page["@odata.nextLink"] = f"{self.tenant.root}{self.collection}?{rest}"
        return document(page)

    @property
    def collection(self) -> str:
        """The path of all tasks below the root."""
        return self.tenant.contract.request.path.partition("/{")[0]

    def submit(self, asked: Asked) -> Response:
        """Create a task, or update one."""
        if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "Content-Type is not application/json.")
        order = read_order(asked.content)
        if order.validate_only:
            done = {"status": Status.COMPLETED, "parameters": dict(order.parameters)}
            return document(done)
        try:
            task = self.tenant.tasks.submit(order)
        except IllegalMove as error:
            raise Refusal(409, "A task for this source is in progress.") from error
        except Full as error:
            raise Refusal(507, "The tenant has no room for another task.") from error
        return document(self.show(asked, task))

    # How it is said.

    def refuse(self, asked: Asked, refusal: Refusal) -> Response:
        """A refusal as an answer."""
        response = self.error(asked, refusal)
        response.headers.update(refusal.fields)
        return response

    def error(self, asked: Asked, refusal: Refusal) -> Response:
        """The content of a refusal: a Graph error object."""
        return document({"error": self.error_object(asked, refusal)}, refusal.status)

    def error_object(self, asked: Asked, refusal: Refusal) -> dict[str, Any]:
        """The members of an error."""
        inner = {"date": shown(self.tenant.clock.now())[:19], "request-id": asked.id}
        inner["client-request-id"] = self.client_request_id(asked)
        return {"code": self.code(refusal), "message": refusal.message, "innerError": inner}

    def code(self, refusal: Refusal) -> str:
        """A refusal's code: its own, or the first that the contract has for its status."""
        codes = self.tenant.contract.error_codes.get(refusal.status, ("generalException",))
        return refusal.code or codes[0]

    def finish(self, asked: Asked, response: Response) -> Response:
        """The fields that every answer has."""
        response.headers["request-id"] = asked.id
        response.headers["client-request-id"] = self.client_request_id(asked)
        return response

    def client_request_id(self, asked: Asked) -> str:
        """The client's id for its request; the service's own where there is none."""
        return asked.headers.get("client-request-id", "")[:100] or asked.id


def is_guid(id: str) -> bool:
    """Whether an id is spelled as the service's own are, in any letter case."""
    return _GUID.fullmatch(id) is not None
