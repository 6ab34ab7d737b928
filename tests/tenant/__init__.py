"""A tenant without a socket: requests go straight into the application."""

from __future__ import annotations

import asyncio
import atexit
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.tenant.app import make_application
from graphcontract.tenant.clock import Clock
from graphcontract.tenant.directory import PERSONAL_TENANT, Directory
from graphcontract.tenant.fixtures import make_order
from graphcontract.tenant.overrides import Overrides
from graphcontract.tenant.service import Service, Tenant
from graphcontract.tenant.tasks import Order, Source, Status, Task

CONTRACT = load("sharepointmigrationtask-cancel", None)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORIGIN = "http://tenant.example"
TASKS = "/beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"
USER = {
    "@odata.type": "#microsoft.graph.sharePointUserMigrationTaskParameters",
    "sourceUserIdentity": {"userPrincipalName": "adele@contoso.example"},
    "targetUserIdentity": {"userPrincipalName": "adele@fabrikam.example"},
    "targetOrganizationHost": "https://fabrikam-my.sharepoint.example",
}
LATER = "2026-04-01T00:00:00Z"

_runner = asyncio.Runner()  # one for all: to make a loop for each request takes longer than the request
atexit.register(_runner.close)


class Asking:
    """A tenant whose clock stands at noon, and requests to it."""

    def __init__(
        self,
        overrides: Overrides | None = None,
        *,
        contract: Contract = CONTRACT,
        size: int = 10_000,
        rate: float = 1.0,
    ) -> None:
        self.clock = Clock(NOON)
        self.tenant = Tenant.of(contract, ORIGIN, self.clock, size=size, rate=rate)
        self.tasks = self.tenant.tasks
        self.seen: list[httpx.Response] = []
        self._tokens = {name: self.tenant.directory.token(name) for name in self.tenant.directory.apps}
        service = Service(self.tenant, **(overrides or {}))
        self._transport = httpx.ASGITransport(make_application(self.tenant, lambda: service))

    def __call__(
        self, method: str, path: str, token: str | None = "privileged", **more: Any
    ) -> httpx.Response:
        """Send a request; `token` is an application's name, a token, or None for no Authorization."""
        if token is not None:
            bearer = self._tokens.get(token, token)
            more["headers"] = {"Authorization": f"Bearer {bearer}", **more.get("headers", {})}
        more["headers"] = {"client-request-id": str(uuid.uuid4()), **more.get("headers", {})}
        request = httpx.Request(method, f"{ORIGIN}{path}", **more)
        response = _runner.run(self._sent(request))
        self.seen.append(response)
        return response

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        await response.aread()
        response.request = request
        return response

    def create(self, parameters: Mapping[str, Any] = USER, **changes: Any) -> httpx.Response:
        """Ask for a task; `changes` are further parameters."""
        return self("POST", TASKS, json={"parameters": {**parameters, **changes}})

    def cancel(self, id: str, token: str | None = "privileged", **more: Any) -> httpx.Response:
        """Ask for a cancel."""
        return self("POST", f"{TASKS}/{id}/cancel", token, **more)

    def status(self, id: str) -> str:
        """The status that a GET shows, or what it was answered with."""
        response = self("GET", f"{TASKS}/{id}")
        return str(response.json()["status"] if response.status_code == 200 else response.status_code)

    def task(self, name: str, status: Status = Status.NOT_STARTED) -> str:
        """Put a task there that does not move by itself; its id."""
        id = f"{len(self.tasks.all()):08x}-1111-4111-8111-111111111111"
        order = make_order(f"https://contoso.sharepoint.example/sites/{name}")
        return self.tasks.store(Task(id, order, datetime.max.replace(tzinfo=UTC), NOON, status)).id


def delegated_claims(directory: Directory, name: str) -> dict[str, Any]:
    """The claims of a token on behalf of a user, with the application's permissions as scopes."""
    app = directory.apps[name]
    claims = {
        name: value for name, value in directory.make_claims(app).items() if name not in ("roles", "idtyp")
    }
    user = {"idtyp": "user", "name": "Adele Vance", "upn": "adele@contoso.example"}
    return claims | user | {"scp": " ".join(("openid", "profile", *app.roles))}


def personal_claims(directory: Directory, name: str) -> dict[str, Any]:
    """The claims of a token on behalf of a personal account."""
    issuer = directory.issuer(PERSONAL_TENANT)
    return delegated_claims(directory, name) | {"tid": PERSONAL_TENANT, "iss": issuer}


def order(name: str = "a", **members: Any) -> Order:
    return Order(Source("site", name), {}, **members)


def code(response: httpx.Response) -> str:
    """The code of a Graph error, which has to have a message too."""
    error = response.json()["error"]
    assert error["message"]
    assert error["innerError"]["request-id"] == response.headers["request-id"]
    return str(error["code"])
