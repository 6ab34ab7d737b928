"""Driver for Microsoft's Graph SDKs for Python, msgraph-sdk and msgraph-beta-sdk: driver protocol 1 on
standard input and output. Its argument is the SDK's package, `msgraph` or `msgraph_beta`.

It uses the SDK's public interface and does no work for it. Calls run concurrently as tasks of one event loop;
each has its token in a context variable. A thread only reads standard input.
"""

# The SDK is installed in an environment of its own, where no type checker looks.
# mypy: disable-error-code="import-not-found", allow-subclassing-any

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from importlib import import_module
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
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_core import GraphClientFactory
from navigation import NoMethod, find_builder, find_method, make_query

PROTOCOL = 1
# The distribution and the API version of each package.
PACKAGES = {"msgraph": ("msgraph-sdk", "v1.0"), "msgraph_beta": ("msgraph-beta-sdk", "beta")}
CONCURRENCY = 8
MOST_CLIENTS = 12  # idle HTTP clients above this number are closed

current_token: ContextVar[str] = ContextVar("current_token")


class CallToken(AccessTokenProvider):
    """Returns the token of the current task's call, for the allowed hosts only."""

    def __init__(self, hosts: list[str]) -> None:
        self._allowed_hosts = AllowedHostsValidator(hosts)

    async def get_authorization_token(
        self,
        uri: str,
        additional_authentication_context: Mapping[str, Any] | None = None,  # noqa: ARG002 - the SDK passes it
    ) -> str:
        """Return the token, or an empty string for a host that is not allowed: then the SDK sends none."""
        return current_token.get() if self._allowed_hosts.is_url_host_valid(uri) else ""

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        """Return the hosts to which the token may be sent."""
        return self._allowed_hosts


class Sdk:
    """One of the SDKs: what differs between them."""

    def __init__(self, package: str) -> None:
        module = import_module(package)
        self.distribution, self.api_version = PACKAGES[package]
        self.adapter: Any = module.GraphRequestAdapter
        self.client: Any = module.GraphServiceClient
        self.options: Any = import_module(f"{package}.graph_request_adapter").options
        self.error: Any = import_module(f"{package}.generated.models.o_data_errors.o_data_error").ODataError


class HttpClient:
    """One HTTP client with the SDK's default middleware, and a client object of the SDK for each root, since
    the root is a property of that object. So is the timeout, which is httpx's: seconds for each connection,
    write and read.
    """

    def __init__(self, sdk: Sdk, hosts: list[str], ca_file: str | None, timeout: float) -> None:
        verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._authentication = BaseBearerTokenAuthenticationProvider(CallToken(hosts))
        self._sdk = sdk
        self._http = GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(http2=True, verify=verify, timeout=timeout), options=sdk.options
        )
        self._by_root: dict[str | None, Any] = {}
        self.under_way = 0

    async def call(
        self, request: Mapping[str, Any], arguments: Mapping[str, str], *, base_url: str | None
    ) -> None:
        """Call the operation at this root, None for the SDK's own; raises NoMethod, and what the SDK does."""
        self.under_way += 1
        try:
            builder = find_builder(self._at(base_url), request["path"], arguments)
            method = find_method(builder, request["method"])
            if query := _find_query(request, arguments):
                parameters = make_query(builder, request["method"], query)
                await method(request_configuration=RequestConfiguration(query_parameters=parameters))
            else:
                await method()
        finally:
            self.under_way -= 1

    def _at(self, root: str | None) -> Any:
        if root not in self._by_root:
            adapter = self._sdk.adapter(self._authentication, self._http)
            adapter.base_url = root or adapter.base_url
            self._by_root[root] = self._sdk.client(request_adapter=adapter)
        return self._by_root[root]

    async def close(self) -> None:
        """Close the HTTP client."""
        await self._http.aclose()


def _find_query(request: Mapping[str, Any], arguments: Mapping[str, str]) -> dict[str, str]:
    """Find the values of the query parameters, by their names in the query."""
    schemas = request["parameters"].items()
    return {each.get("name", id): arguments[id] for id, each in schemas if each.get("in") == "query"}


class Driver:
    """The state between commands: the hosts of the run and the client objects used last."""

    def __init__(self, sdk: Sdk) -> None:
        self._sdk = sdk
        self._hosts: list[str] = []
        self._clients: dict[tuple[int, str | None, float], HttpClient] = {}

    def start(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Declare the SDK. It accepts allowed hosts as names without ports."""
        if command["protocol"] != PROTOCOL:
            return {"protocol": PROTOCOL}
        self._hosts = [urlsplit(f"//{host}").hostname or host for host in command["hosts"]]
        return {
            "protocol": PROTOCOL,
            "implementation": {
                "name": self._sdk.distribution,
                "version": version(self._sdk.distribution),
                "language": "python",
                "family": "msgraph-sdk",
                "homepage": f"https://github.com/microsoftgraph/{self._sdk.distribution}-python",
                "notes": f"microsoft-kiota-http {version('microsoft-kiota-http')}, httpx {httpx.__version__}",
            },
            "concurrency": CONCURRENCY,
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
        """Make the one call and return its outcome."""
        request = command["request"]
        if request["version"] != self._sdk.api_version:
            return _unsupported(f"{self._sdk.distribution} calls only {self._sdk.api_version}")
        if request["content"] == "required":
            return _unsupported("this driver makes no content")
        current_token.set(command["token"])
        client = self._client(command["client"], command["ca_file"], command["timeout"])
        try:
            await client.call(request, command["arguments"], base_url=command["base_url"])
        except NoMethod as error:
            return _unsupported(str(error))
        except APIError as error:
            return self._describe_response(error)
        except (httpx.InvalidURL, httpx.LocalProtocolError) as error:
            return {"outcome": "rejected", "reason": _describe(error)}
        except httpx.TimeoutException as error:
            return _failure("timeout", error, message=str(error))
        except httpx.RequestError as error:
            return _failure("transport", error, message=str(error))
        except Exception as error:
            return {"outcome": "crash", "reason": _describe(error)}
        return {"outcome": "success"}

    def _client(self, number: int, ca_file: str | None, timeout: float) -> HttpClient:
        key = (number, ca_file, timeout)
        if key not in self._clients:
            self._clients[key] = HttpClient(self._sdk, self._hosts, ca_file, timeout)
        return self._clients[key]

    def _describe_response(self, error: APIError) -> dict[str, Any]:
        """Describe what the SDK's error for a response exposes."""
        graph = error.error if isinstance(error, self._sdk.error) else None
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

    async def close_oldest(self) -> None:
        """Close clients without a call under way, beyond the number that is kept."""
        idle = [key for key, client in self._clients.items() if not client.under_way]
        for key in idle[: max(0, len(self._clients) - MOST_CLIENTS)]:
            await self._clients.pop(key).close()


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


def _unsupported(reason: str) -> dict[str, Any]:
    return {"outcome": "unsupported", "reason": reason}


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


async def run(driver: Driver) -> None:
    """Reply to commands until `stop` or the end of input, several at once; each reply is written whole."""
    replies, sys.stdout = sys.stdout.buffer, sys.stderr
    calls: set[asyncio.Task[None]] = set()

    def reply(message: Mapping[str, Any]) -> None:
        replies.write(json.dumps(message).encode() + b"\n")
        replies.flush()

    async def respond(command: Mapping[str, Any]) -> None:
        reply({"seq": command["seq"], **await driver.call(command)})
        await driver.close_oldest()

    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        command = json.loads(line)
        if command["cmd"] == "stop":
            return
        if command["cmd"] == "start":
            reply(driver.start(command))
        else:
            call = asyncio.create_task(respond(command))
            calls.add(call)
            call.add_done_callback(calls.discard)


if __name__ == "__main__":
    asyncio.run(run(Driver(Sdk(sys.argv[1]))))
