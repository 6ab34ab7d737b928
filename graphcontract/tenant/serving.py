"""Serves a tenant on a port of this machine, in its own thread."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from graphcontract.contract.loader import load
from graphcontract.contract.model import DEFAULT_CONTRACT, Contract
from graphcontract.errors import UserError
from graphcontract.tenant.app import make_application
from graphcontract.tenant.clock import Clock
from graphcontract.tenant.directory import Directory
from graphcontract.tenant.fixtures import add_fixtures
from graphcontract.tenant.forged_tokens import forge_tokens
from graphcontract.tenant.registry import find_overrides
from graphcontract.tenant.service import Service, Tenant
from graphcontract.tenant.stray_bytes import StrayProtocol
from graphcontract.tenant.tasks import Status, Tasks
from graphcontract.transports.certificates import Certificates

ADDRESS = "127.0.0.1"
_MOST_HEAD = 64 << 10  # bytes of a request head: room for a token of 16 KiB, all that h11 takes by default
_MOST_CONNECTIONS = 200  # at a time; uvicorn rejects further ones with 503
_DAY = 86400.0


class Unreachable(UserError):
    """A port that cannot be opened."""

    code = "port"
    status = 3


@dataclass(slots=True)
class Running:
    """A running tenant and the data to use it.

    `root` is the service root with its version segment, as clients need it; `ca_file` is a PEM file to trust,
    None over plain http; `sown` are the ids of the initial tasks by status.
    """

    tenant: Tenant
    ca_file: str | None
    folder: Path
    sown: dict[Status, str]
    fault: str | None = None
    _service: Service = field(init=False)

    def __post_init__(self) -> None:
        self.behave(self.fault)

    @property
    def root(self) -> str:
        """The service root with its version segment."""
        return self.tenant.root

    @property
    def authority(self) -> str:
        """The origin of the token endpoint, as azure-identity needs it."""
        return self.tenant.directory.authority

    @property
    def tenant_id(self) -> str:
        """The tenant's id, which its tokens carry as `tid`."""
        return self.tenant.directory.tenant_id

    @property
    def clock(self) -> Clock:
        """The tenant's clock."""
        return self.tenant.clock

    @property
    def tasks(self) -> Tasks:
        """The tenant's tasks."""
        return self.tenant.tasks

    @property
    def directory(self) -> Directory:
        """The tenant's applications and tokens."""
        return self.tenant.directory

    def token(self, name: str = "privileged") -> str:
        """A token for an application: `privileged`, `reader` or `unprivileged`."""
        return self.directory.token(name)

    def behave(self, fault: str | None) -> None:
        """Switch to this fault or variant, or to none; the state of the one before is lost."""
        self._service = Service(self.tenant, **find_overrides(fault))
        self.fault = fault

    def service(self) -> Service:
        """The service for the next request."""
        return self._service

    def describe(self) -> dict[str, Any]:
        """Everything that a program needs to use the tenant, with secrets, and tokens that are valid for a
        day.
        """
        return {
            "root": self.root,
            "authority": self.authority,
            "tenant_id": self.tenant_id,
            "ca_file": self.ca_file,
            "fault": self.fault,
            "credentials": {
                app.name: {
                    "client_id": app.client_id,
                    "client_secret": app.secret,
                    "client_certificate": self._write_certificate(app.name),
                    "permissions": list(app.roles),
                    "token": self.directory.token(app.name, lifetime=_DAY),
                }
                for app in self.directory.apps.values()
            },
            "refused": dict(forge_tokens(self.directory, lifetime=_DAY)),
            "tasks": {str(status): id for status, id in self.sown.items()},
        }

    def _write_certificate(self, name: str) -> str:
        path = self.folder / f"{name}.pem"
        path.write_bytes(self.directory.apps[name].key.pem)
        return str(path)


@contextmanager
def running(
    *,
    contract: Contract | None = None,
    fault: str | None = None,
    tls: bool = False,
    port: int = 0,
    clock: Clock | None = None,
    size: int = 200,
    rate: float = 100.0,
    takes: float = 60.0,
) -> Iterator[Running]:
    """Serve a tenant on loopback until the block ends; `port` 0 selects a free one.

    `fault` is the name of a fault or a variant; `size` and `rate` are those of the throttling bucket, in
    requests and requests a second; `takes` is how many seconds a task is in progress. Raises `UserError` for
    an unknown fault, `Unreachable` where the port is not available.
    """
    find_overrides(fault)
    contract = contract or load(DEFAULT_CONTRACT, None)
    clock = clock or Clock()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="graphcontract-tenant-")))
        certificates = Certificates() if tls else None
        if certificates is not None:
            stack.callback(certificates.remove)
        listener = stack.enter_context(_listen(port))
        origin = f"{'https' if tls else 'http'}://{ADDRESS}:{listener.getsockname()[1]}"
        tenant = Tenant.of(contract, origin, clock, size=size, rate=rate, takes=takes)
        ca_file = certificates.ca_file if certificates is not None else None
        serving = Running(tenant, ca_file, folder, dict(add_fixtures(tenant.tasks, clock)), fault)
        stack.enter_context(_serve(serving, listener, certificates))
        yield serving


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((ADDRESS, port))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unreachable(
            f"port {port} of {ADDRESS} cannot be opened: {reason}", "Use another --port."
        ) from error


class _Server(uvicorn.Server):
    """Stops at once: an orderly TLS shutdown would wait for clients that may never respond."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


@contextmanager
def _serve(running: Running, listener: socket.socket, certificates: Certificates | None) -> Iterator[None]:
    config = uvicorn.Config(
        make_application(running.tenant, running.service),
        loop="asyncio",
        http=StrayProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=_MOST_HEAD,
    )
    if certificates is not None:
        config.load()  # which would take it away again; and not as a factory, which is new in uvicorn
        config.ssl = certificates.context("trusted")
    server = _Server(config)
    # One thread serves all requests, one after the other: the service itself needs no lock. A daemon, so that
    # it does not outlive a process that ends without leaving the block.
    thread = threading.Thread(target=server.run, args=([listener],), name="tenant", daemon=True)
    thread.start()  # connections before it is ready wait in the listener's backlog
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
