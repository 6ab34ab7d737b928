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
KEPT = 4


class CallToken(AccessTokenProvider):
    """Gives the token of the call in hand, to the named hosts only."""

    def __init__(self, hosts: list[str]) -> None:
        self.token = ""
        self._allowed_hosts = AllowedHostsValidator(hosts)

    async def get_authorization_token(
        self,
        uri: str,
        additional_authentication_context: Mapping[str, Any] | None = None,  # noqa: ARG002 - the SDK passes it
    ) -> str:
        """Give the token, or for a host that is not allowed an empty text: the SDK then sends none."""
        return self.token if self._allowed_hosts.is_url_host_valid(uri) else ""

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        """Give the hosts that the token may be sent to."""
        return self._allowed_hosts


class TaskClient:
    """One client object of the SDK with its default middleware; root, token and timeout are set a call."""

    def __init__(self, hosts: list[str], ca_file: str | None) -> None:
        verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._tokens = CallToken(hosts)
        self._http = GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(http2=True, verify=verify), options=options
        )
        self._adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(self._tokens), self._http)
        self._graph = GraphServiceClient(request_adapter=self._adapter)
        self._default_root = self._adapter.base_url

    async def cancel(self, task_id: str, *, base_url: str | None, token: str, timeout: float) -> None:
        """Cancel one task; raises what the SDK raises.

        `timeout` is httpx's: the seconds that it waits for each connection, write and read.
        """
        self._tokens.token = token
        self._adapter.base_url = base_url or self._default_root
        self._http.timeout = timeout
        tasks = self._graph.solutions.share_point.migrations.cross_organization_migration_tasks
        await tasks.by_share_point_migration_task_id(task_id).cancel.post()

    async def close(self) -> None:
        """Close the HTTP client."""
        await self._http.aclose()


class Driver:
    """The state between commands: the hosts of the run and the client objects used last."""

    def __init__(self) -> None:
        self._hosts: list[str] = []
        self._clients: dict[tuple[int, str | None], TaskClient] = {}

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
            "concurrency": 1,
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
        client = await self._client(command["client"], command["ca_file"])
        try:
            await client.cancel(
                command["arguments"]["sharePointMigrationTaskId"],
                base_url=command["base_url"],
                token=command["token"],
                timeout=command["timeout"],
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

    async def _client(self, number: int, ca_file: str | None) -> TaskClient:
        key = (number, ca_file)
        if key not in self._clients:
            if len(self._clients) == KEPT:
                await self._clients.pop(next(iter(self._clients))).close()
            self._clients[key] = TaskClient(self._hosts, ca_file)
        return self._clients[key]


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


def main() -> None:
    """Answer commands until `stop` or the end of input; whatever else is printed goes to standard error."""
    replies, sys.stdout = sys.stdout.buffer, sys.stderr
    driver = Driver()
    with asyncio.Runner() as loop:
        for line in sys.stdin.buffer:
            command = json.loads(line)
            if command["cmd"] == "stop":
                return
            if command["cmd"] == "start":
                reply = driver.start(command)
            else:
                reply = {"seq": command["seq"], **loop.run(driver.call(command))}
            replies.write(json.dumps(reply).encode() + b"\n")
            replies.flush()


if __name__ == "__main__":
    main()
