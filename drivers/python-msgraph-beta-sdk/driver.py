"""Driver for Microsoft's Graph beta SDK for Python, speaking driver protocol 1 on standard input and output.

It knows the SDK's public interface and the protocol; it judges nothing and repairs nothing.
"""

# The SDK is installed in the driver's own environment, where no type checker looks.
# mypy: disable-error-code="import-not-found", allow-subclassing-any

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import httpx
from kiota_abstractions.api_error import APIError
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from msgraph_beta import GraphRequestAdapter, GraphServiceClient
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_beta.graph_request_adapter import options
from msgraph_core import GraphClientFactory

PROTOCOL = 1
PACKAGE = "msgraph-beta-sdk"
OPERATION = "sharepointmigrationtask-cancel"
HELD = 8
KEPT = 12

token_in_hand: ContextVar[str] = ContextVar("token_in_hand")


class CallToken(AccessTokenProvider):
    """Gives the token of the call in hand, each task's own, to the named hosts only."""

    def __init__(self, hosts: list[str]) -> None:
        self._allowed_hosts = AllowedHostsValidator(hosts)

    async def get_authorization_token(
        self,
        uri: str,
        additional_authentication_context: Mapping[str, Any] | None = None,  # noqa: ARG002 - the SDK passes it
    ) -> str:
        """Give the token, or for a host that is not allowed an empty text: the SDK then sends none."""
        return token_in_hand.get() if self._allowed_hosts.is_url_host_valid(uri) else ""

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        """Give the hosts that the token may be sent to."""
        return self._allowed_hosts


class TaskClient:
    """One HTTP client with the SDK's default middleware, and a client object of the SDK for each root: to it
    the root is a property of the object, and so is the timeout, which is httpx's: the seconds that it waits
    for each connection, write and read.
    """

    def __init__(self, hosts: list[str], ca_file: str | None, timeout: float) -> None:
        verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._authentication = BaseBearerTokenAuthenticationProvider(CallToken(hosts))
        self._http = GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(http2=True, verify=verify, timeout=timeout), options=options
        )
        self._by_root: dict[str | None, GraphServiceClient] = {}
        self.under_way = 0

    async def cancel(self, task_id: str, *, base_url: str | None) -> None:
        """Cancel one task at this root, None for the SDK's own; raises what the SDK raises."""
        self.under_way += 1
        try:
            tasks = self._at(base_url).solutions.share_point.migrations.cross_organization_migration_tasks
            await tasks.by_share_point_migration_task_id(task_id).cancel.post()
        finally:
            self.under_way -= 1

    def _at(self, root: str | None) -> GraphServiceClient:
        if root not in self._by_root:
            adapter = GraphRequestAdapter(self._authentication, self._http)
            adapter.base_url = root or adapter.base_url
            self._by_root[root] = GraphServiceClient(request_adapter=adapter)
        return self._by_root[root]

    async def close(self) -> None:
        """Close the HTTP client."""
        await self._http.aclose()


class Driver:
    """The state between commands: the hosts of the run and the client objects used last."""

    def __init__(self) -> None:
        self._hosts: list[str] = []
        self._clients: dict[tuple[int, str | None, float], TaskClient] = {}

    def start(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Say who is under test. Allowed hosts are names without ports to the SDK."""
        if command["protocol"] != PROTOCOL:
            return {"protocol": PROTOCOL}
        self._hosts = [urlsplit(f"//{host}").hostname or host for host in command["hosts"]]
        return {
            "protocol": PROTOCOL,
            "implementation": {
                "name": PACKAGE,
                "version": version(PACKAGE),
                "language": "python",
                "homepage": "https://github.com/microsoftgraph/msgraph-beta-sdk-python",
                "notes": f"microsoft-kiota-http {version('microsoft-kiota-http')}, httpx {httpx.__version__}",
            },
            "concurrency": HELD,
            "limits": {
                "root": "settable",
                "https": False,
                "hosts": [],
                "proxy": "env",
                "timeout": "attempt",
                "token": "call",
                "status": True,
                "surface": "typed",
            },
        }

    async def call(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Make the one call and say what became of it."""
        if command["operation"] != OPERATION:
            return {"outcome": "unsupported", "reason": f"this driver has only {OPERATION}"}
        token_in_hand.set(command["token"])
        client = self._client(command["client"], command["ca_file"], command["timeout"])
        try:
            await client.cancel(
                command["arguments"]["sharePointMigrationTaskId"], base_url=command["base_url"]
            )
        except APIError as error:
            return _answered(error)
        except (httpx.InvalidURL, httpx.LocalProtocolError) as error:
            return {"outcome": "rejected", "reason": _told(error)}
        except httpx.TimeoutException as error:
            return _failure("timeout", error, message=str(error))
        except httpx.RequestError as error:
            return _failure("transport", error, message=str(error))
        except Exception as error:
            return {"outcome": "crash", "reason": _told(error)}
        return {"outcome": "success"}

    def _client(self, number: int, ca_file: str | None, timeout: float) -> TaskClient:
        key = (number, ca_file, timeout)
        if key not in self._clients:
            self._clients[key] = TaskClient(self._hosts, ca_file, timeout)
        return self._clients[key]

    async def close_oldest(self) -> None:
        """Close clients without a call under way, beyond the number that is kept."""
        idle = [key for key, client in self._clients.items() if not client.under_way]
        for key in idle[: max(0, len(self._clients) - KEPT)]:
            await self._clients.pop(key).close()


def _answered(error: APIError) -> dict[str, Any]:
    """Tell what the SDK's error for an answer exposes."""
    graph = error.error if isinstance(error, ODataError) else None
    inner = graph.inner_error if graph else None
    headers = error.response_headers or {}
    return _failure(
        "http",
        error,
        message=graph.message if graph else error.message,
        status=error.response_status_code,
        code=graph.code if graph else None,
        request_id=(inner.request_id if inner else None) or headers.get("request-id"),
    )


def _failure(
    kind: str,
    error: Exception,
    *,
    message: str | None,
    status: int | None = None,
    code: str | None = None,
    request_id: str | None = None,
) -> dict[str, Any]:
    return {
        "outcome": "failure",
        "error": {
            "kind": kind,
            "type": type(error).__name__,
            "status": status,
            "code": code,
            "message": message,
            "requestId": request_id,
        },
    }


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


async def obey(driver: Driver) -> None:
    """Answer commands until `stop` or the end of input, several at once; each reply is written whole."""
    replies, sys.stdout = sys.stdout.buffer, sys.stderr
    calls: set[asyncio.Task[None]] = set()

    def reply(told: Mapping[str, Any]) -> None:
        replies.write(json.dumps(told).encode() + b"\n")
        replies.flush()

    async def answer(command: Mapping[str, Any]) -> None:
        reply({"seq": command["seq"], **await driver.call(command)})
        await driver.close_oldest()

    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        command = json.loads(line)
        if command["cmd"] == "stop":
            return
        if command["cmd"] == "start":
            reply(driver.start(command))
        else:
            call = asyncio.create_task(answer(command))
            calls.add(call)
            call.add_done_callback(calls.discard)


if __name__ == "__main__":
    asyncio.run(obey(Driver()))
