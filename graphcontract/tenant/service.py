"""The service of a conforming tenant: handles a request step by step, each step in a method of its own.

Method, path, success, permissions and error codes of the cancel are those of the contract. A fault or a
variant replaces some of the methods, see `overrides.py`.
"""

# ruff: noqa: ARG002 - a method has the parameters that any override of it needs

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MethodType
from typing import TYPE_CHECKING, Any, Unpack, cast

from starlette.datastructures import Headers
from starlette.responses import Response

from graphcontract.contract.model import Contract
from graphcontract.tenant.clock import Clock, format_timestamp
from graphcontract.tenant.create_body import parse_create_body
from graphcontract.tenant.directory import MANAGE, READ, Directory
from graphcontract.tenant.responses import Rejection, make_json_response
from graphcontract.tenant.routing import Route, parse_query
from graphcontract.tenant.tasks import Full, IllegalMove, Status, Task, Tasks
from graphcontract.tenant.throttle import Bucket
from graphcontract.tenant.token_validation import BadToken, Caller, Check, Scheme, verify_token

if TYPE_CHECKING:
    from graphcontract.tenant.overrides import Overrides

PAGE_SIZE = 100  # tasks of a page, at most and by default
PROPERTIES = frozenset(
    ("error", "finishedDateTime", "id", "lastUpdatedDateTime", "parameters", "startedDateTime", "status")
)
_NUMBER = re.compile(r"[0-9]{1,3}")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_METHODS = {"tasks": ("GET", "POST"), "task": ("GET",), "lookup": ("GET",)}


@dataclass(frozen=True, slots=True)
class Tenant:
    """The parts of a tenant. `root` is the service root with its version segment."""

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
        """A tenant without tasks. `size` and `rate` are those of the throttling bucket, in requests and
        requests a second; `takes` is how many seconds a task is in progress.
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
class ServiceRequest:
    """A request with its route; `path` is raw."""

    method: str
    path: str
    query: str
    headers: Headers
    content: bytes
    route: Route
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def token(self) -> str:
        """The bearer token; empty where the scheme of Authorization is not Bearer."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


class Service:
    """The conforming service of one tenant, except for the methods in `overrides`. An override calls the
    method that it replaces as `Service.name(service, ...)`; it can count in `counts` what happened before.
    """

    def __init__(self, tenant: Tenant, **overrides: Unpack[Overrides]) -> None:
        self.tenant = tenant
        self.counts = Counter[str]()
        for name, override in cast("Mapping[str, Callable[..., Any]]", overrides).items():
            setattr(self, name, MethodType(override, self))

    def respond(self, request: ServiceRequest) -> Response:
        """Handle any request."""
        try:
            caller = self.authenticate(request)
            self.throttle(request)
            response = self.perform(request, caller)
        except Rejection as rejection:
            response = self.reject(request, rejection)
        return self.finish_response(request, response)

    # Authentication, throttling and permission.

    def authenticate(self, request: ServiceRequest, without: frozenset[Check] = frozenset()) -> Caller:
        """The caller; raises a 401 without a valid token. Skips the checks in `without`."""
        if not request.token:
            raise self.make_unauthenticated(request, "The request has no access token.", "")
        try:
            return verify_token(request.token, self.tenant.directory, self.tenant.clock, without=without)
        except BadToken as error:
            raise self.make_unauthenticated(request, str(error), "invalid_token") from error

    def make_unauthenticated(self, request: ServiceRequest, message: str, error: str) -> Rejection:
        """A 401 with its challenge; `error` is OAuth's code, empty where the request has no token."""
        directory = self.tenant.directory
        where = f"{directory.authority}/{directory.tenant_id}/oauth2/v2.0/authorize"
        challenge = f'Bearer realm="", authorization_uri="{where}"'
        if error:
            challenge += f', error="{error}", error_description="{message}"'
        return Rejection(401, message, fields={"WWW-Authenticate": challenge})

    def throttle(self, request: ServiceRequest) -> None:
        """Raise a 429 where the bucket is empty."""
        wait = self.tenant.bucket.take()
        if wait is not None:
            raise Rejection(429, "Too many requests.", fields={"Retry-After": str(wait)})

    def has_permission(self, request: ServiceRequest, caller: Caller) -> bool:
        """Whether the token has a permission that is sufficient for the request."""
        return bool(caller.permissions & self.list_permissions(request, caller.scheme))

    def list_permissions(self, request: ServiceRequest, scheme: Scheme) -> frozenset[str]:
        """The permissions, any of which is sufficient, for tokens of this scheme."""
        entries = self.tenant.contract.permissions
        if request.route.operation == "cancel" and entries is not None:
            given = [entry for entry in entries if entry.scheme == scheme]
            return frozenset(name for entry in given for name in (*entry.least, *entry.higher))
        if scheme == "DelegatedPersonal":
            return frozenset()
        return frozenset({MANAGE} if request.method == "POST" else {READ, MANAGE})

    def make_forbidden(self, request: ServiceRequest) -> Rejection:
        """The rejection of a token without the permission."""
        return Rejection(403, "The token does not have the permission.")

    # The operation.

    def perform(self, request: ServiceRequest, caller: Caller) -> Response:
        """Carry out the request's operation."""
        if request.route.operation is None:
            raise Rejection(404, "No resource has this path.", code="ResourceNotFound")
        if request.method not in self.list_methods(request):
            return self.handle_other_method(request)
        if not self.has_permission(request, caller):
            raise self.make_forbidden(request)
        return self.find_operation(request)(request)

    def list_methods(self, request: ServiceRequest) -> tuple[str, ...]:
        """The methods of the request's resource."""
        operation = request.route.operation
        return _METHODS.get(operation or "") or (self.tenant.contract.request.method,)

    def find_operation(self, request: ServiceRequest) -> Callable[[ServiceRequest], Response]:
        """The operation of a request's method and path."""
        operations: Mapping[str | None, Callable[[ServiceRequest], Response]]
        operations = {"cancel": self.cancel, "task": self.get, "lookup": self.look_up}
        return operations.get(request.route.operation) or (
            self.submit if request.method == "POST" else self.list
        )

    def handle_other_method(self, request: ServiceRequest) -> Response:
        """Raise a 405 for a method that the resource does not have."""
        allow = {"Allow": ", ".join(self.list_methods(request))}
        raise Rejection(405, f"This resource does not have the method {request.method[:20]}.", fields=allow)

    # The action under contract.

    def cancel(self, request: ServiceRequest) -> Response:
        """Cancel a task that has not started."""
        task = self.find_task(request)
        if not self.can_cancel(request, task):
            raise self.make_conflict(request, task)
        self.apply_cancel(request, task)
        return self.make_success(request, task)

    def find_task(self, request: ServiceRequest) -> Task:
        """The task in the path; raises 404 for an unknown id, 400 for a malformed one."""
        id = request.route.task_id
        task = self.tenant.tasks.get(id)
        if task is None:
            raise self.make_not_found(request) if is_guid(id) else self.make_malformed(request)
        return task

    def make_not_found(self, request: ServiceRequest) -> Rejection:
        """The rejection of an unknown id."""
        return Rejection(404, "No task has this id.")

    def make_malformed(self, request: ServiceRequest) -> Rejection:
        """The rejection of a malformed id."""
        return Rejection(400, "The id is malformed.")

    def can_cancel(self, request: ServiceRequest, task: Task) -> bool:
        """Whether the task has a status in which it can be cancelled."""
        precondition = self.tenant.contract.precondition
        return task.status in (precondition.statuses if precondition is not None else (Status.NOT_STARTED,))

    def make_conflict(self, request: ServiceRequest, task: Task) -> Rejection:
        """The rejection of a cancel after the task has started or ended."""
        return Rejection(409, f"The task is {task.status}, and can no longer be cancelled.")

    def apply_cancel(self, request: ServiceRequest, task: Task) -> None:
        """Apply the effect of a cancel."""
        self.tenant.tasks.move(task.id, Status.CANCELLED)

    def make_success(self, request: ServiceRequest, task: Task) -> Response:
        """The response to a successful cancel."""
        return Response(status_code=self.tenant.contract.success.status)

    # Its sibling operations.

    def get(self, request: ServiceRequest) -> Response:
        """Read one task."""
        whole = self.render_task(request, self.find_task(request))
        selected = self.parse_query(request, "$select").get("$select")
        if selected is None:
            return make_json_response(whole)
        names = selected.split(",")
        if unknown := set(names) - PROPERTIES:
            raise Rejection(400, f"A task has no property {min(unknown)[:40]!r}.")
        return make_json_response({name: whole[name] for name in names if name in whole})

    def parse_query(self, request: ServiceRequest, *known: str) -> Mapping[str, str]:
        """The query's options; raises 400 for any but these."""
        try:
            query = parse_query(request.query)
        except ValueError as error:
            raise Rejection(400, "The query has too many fields.") from error
        if unknown := query.keys() - set(known):
            raise Rejection(400, f"The query option {min(unknown)[:40]!r} is not supported.")
        return query

    def render_task(self, request: ServiceRequest, task: Task) -> dict[str, Any]:
        """A task's JSON."""
        return task.document()

    def look_up(self, request: ServiceRequest) -> Response:
        """Read the newest task of a source."""
        assert request.route.source is not None
        task = self.tenant.tasks.find_by_source(request.route.source)
        if task is None:
            raise Rejection(404, "No task has this source.")
        return make_json_response(self.render_task(request, task))

    def list(self, request: ServiceRequest) -> Response:
        """Read a page of tasks, with a link to the next."""
        query = self.parse_query(request, "$top", "$skiptoken")
        top = query.get("$top", str(PAGE_SIZE))
        size = int(top) if _NUMBER.fullmatch(top) else 0
        if not 1 <= size <= PAGE_SIZE:
            raise Rejection(400, f"$top is not a number between 1 and {PAGE_SIZE}.")
        tasks = self.list_tasks(request)
        if after := query.get("$skiptoken"):
            indexes = [index for index, task in enumerate(tasks) if task.id == after]
            if not indexes:
                raise Rejection(400, "$skiptoken is not from a link of this service.")
            tasks = tasks[indexes[0] + 1 :]
        page: dict[str, Any] = {"value": [self.render_task(request, task) for task in tasks[:size]]}
        if len(tasks) > size:
            rest = f"$top={size}&$skiptoken={tasks[size - 1].id}"
            page["@odata.nextLink"] = f"{self.tenant.root}{self.collection}?{rest}"
        return make_json_response(page)

    def list_tasks(self, request: ServiceRequest) -> Sequence[Task]:
        """The tasks of the list, on all its pages."""
        return self.tenant.tasks.all()

    @property
    def collection(self) -> str:
        """The path of the collection of tasks below the root."""
        return self.tenant.contract.request.path.partition("/{")[0]

    def submit(self, request: ServiceRequest) -> Response:
        """Create a task, or update one."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Rejection(415, "Content-Type is not application/json.")
        order = parse_create_body(request.content)
        if order.validate_only:
            done = {"status": Status.COMPLETED, "parameters": dict(order.parameters)}
            return make_json_response(done)
        try:
            task = self.tenant.tasks.submit(order)
        except IllegalMove as error:
            raise Rejection(409, "A task for this source is in progress.") from error
        except Full as error:
            raise Rejection(507, "The tenant has no room for another task.") from error
        return make_json_response(self.render_task(request, task))

    # Responses.

    def reject(self, request: ServiceRequest, rejection: Rejection) -> Response:
        """The response of a rejection."""
        response = self.make_error_response(request, rejection)
        response.headers.update(rejection.fields)
        return response

    def make_error_response(self, request: ServiceRequest, rejection: Rejection) -> Response:
        """The response with a Graph error object."""
        error = self.make_error_object(request, rejection)
        return make_json_response(self.wrap_error(error), rejection.status)

    def wrap_error(self, error: dict[str, Any]) -> Any:
        """The JSON document of an error."""
        return {"error": error}

    def make_error_object(self, request: ServiceRequest, rejection: Rejection) -> dict[str, Any]:
        """The members of an error."""
        inner = {"date": format_timestamp(self.tenant.clock.now())[:19], "request-id": request.id}
        inner["client-request-id"] = self.client_request_id(request)
        return {"code": self.get_code(rejection), "message": rejection.message, "innerError": inner}

    def get_code(self, rejection: Rejection) -> str:
        """A rejection's error code: its own, or the first that the contract has for its status."""
        codes = self.tenant.contract.error_codes.get(rejection.status, ("generalException",))
        return rejection.code or codes[0]

    def finish_response(self, request: ServiceRequest, response: Response) -> Response:
        """Add the header fields of every response."""
        response.headers["request-id"] = request.id
        response.headers["client-request-id"] = self.client_request_id(request)
        return response

    def client_request_id(self, request: ServiceRequest) -> str:
        """The request's client-request-id, or else the service's request-id."""
        return request.headers.get("client-request-id", "")[:100] or request.id


def is_guid(id: str) -> bool:
    """Whether an id has the form of the service's own, in any letter case."""
    return _GUID.fullmatch(id) is not None
