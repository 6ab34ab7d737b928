"""Driver for Office365-REST-Python-Client: driver protocol 1 on standard input and output.

It uses the library's public interface and does no work for it.
"""

# The library is installed in the driver's own environment, where no type checker looks.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import requests
from office365.entity import Entity
from office365.entity_collection import EntityCollection
from office365.graph_client import GraphClient
from office365.graph_version import GraphVersion
from office365.runtime.client_request_exception import ClientRequestException
from office365.runtime.http.request_options import RequestOptions
from office365.runtime.paths.resource_path import ResourcePath
from office365.runtime.queries.service_operation import ServiceOperationQuery

PROTOCOL = 1
PACKAGE = "office365-rest-python-client"
REJECTIONS = (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL)


class OneClient:
    """One client object of the library with its default transport; root, token and timeout are set for each
    call.

    Operations are requested as the library's methods do it, whether or not it has one for this operation: an
    action as a `ServiceOperationQuery`, and a deletion with `delete_object`. The library takes its root from
    a list of clouds; another root is put into each request by a `before_execute` hook.
    """

    def __init__(self, ca_file: str | None, version: str, collection: list[str]) -> None:
        self._token = ""
        self._root: str | None = None
        self._timeout = 0.0
        self._graph = GraphClient(self._access_token)
        if ca_file:
            self._graph.with_transport(verify=ca_file)
        request = self._graph.pending_request()
        request.version = GraphVersion(version)
        request.before_execute(self._prepare, once=False)
        path = None
        for name in collection:
            path = ResourcePath(name, path)
        self._entities = EntityCollection(self._graph, Entity, path)

    def send(self, id: str, action: str | None, *, base_url: str | None, token: str, timeout: float) -> None:
        """Call an action of one entity, or delete the entity; raises what the library raises.

        `timeout` is that of requests: the seconds that it waits for a connection, and for each read.
        """
        self._token, self._root, self._timeout = token, base_url, timeout
        if action is None:
            self._entities[id].delete_object()
        else:
            self._graph.add_query(ServiceOperationQuery(self._entities[id], action))
        self._graph.execute_query()

    def _access_token(self) -> dict[str, str]:
        return {"token_type": "Bearer", "access_token": self._token}

    def _prepare(self, request: RequestOptions) -> None:
        request.timeout = self._timeout
        if self._root is not None:
            request.url = self._root + request.url.removeprefix(self._graph.service_root_url)


class Driver:
    """The state between commands: the client objects, by number, authorities, version and collection."""

    def __init__(self) -> None:
        self._clients: dict[tuple[int, str | None, str, str], OneClient] = {}

    def start(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Declare the library."""
        if command["protocol"] != PROTOCOL:
            return {"protocol": PROTOCOL}
        return {
            "protocol": PROTOCOL,
            "implementation": {
                "name": PACKAGE,
                "version": version(PACKAGE),
                "language": "python",
                "homepage": "https://github.com/vgrem/office365-rest-python-client",
                "notes": f"requests {requests.__version__}",
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
                "surface": "generic",
            },
        }

    def call(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Make the one call and return its outcome."""
        rule = command["request"]
        collection, action = _parse_path(rule["path"])
        if not _is_supported(rule, action):
            reason = "this driver calls only actions without content on one entity, and DELETE of one"
            return {"outcome": "unsupported", "reason": reason}
        key = (command["client"], command["ca_file"], rule["version"], "/".join(collection))
        if key not in self._clients:
            self._clients[key] = OneClient(command["ca_file"], rule["version"], collection)
        (id,) = command["arguments"].values()
        try:
            self._clients[key].send(
                id,
                action,
                base_url=command["base_url"],
                token=command["token"],
                timeout=command["timeout"],
            )
        except ClientRequestException as error:
            return _describe_response(error)
        except REJECTIONS as error:
            return {"outcome": "rejected", "reason": _describe(error)}
        except requests.Timeout as error:
            return _failure("timeout", error, message=str(error))
        except requests.RequestException as error:
            return _failure("transport", error, message=str(error))
        except Exception as error:
            return {"outcome": "crash", "reason": _describe(error)}
        return {"outcome": "success"}


def _parse_path(path: str) -> tuple[list[str], str | None]:
    """Parse a path template into the names before its parameter, and those after it or None."""
    before, _, rest = path.partition("{")
    after = rest.partition("}")[2].removeprefix("/")
    return before.strip("/").split("/"), after or None


def _is_supported(rule: Mapping[str, Any], action: str | None) -> bool:
    if "required" in (rule["content"], rule["query"]) or len(rule["parameters"]) != 1:
        return False
    return rule["method"] == "DELETE" if action is None else rule["method"] == "POST" and "/" not in action


def _describe_response(error: ClientRequestException) -> dict[str, Any]:
    """Describe what the library's error for a response exposes."""
    return _failure(
        "http",
        error,
        message=error.message or str(error),
        status=error.response.status_code,
        code=error.code,
        request_id=error.request_id,
    )


def _failure(
    kind: str,
    error: Exception,
    *,
    message: object,
    status: int | None = None,
    code: object = None,
    request_id: object = None,
) -> dict[str, Any]:
    return {
        "outcome": "failure",
        "error": {
            "kind": kind,
            "type": type(error).__name__,
            "status": status,
            "code": _text(code),
            "message": _text(message),
            "requestId": _text(request_id),
        },
    }


def _text(value: object) -> str | None:
    """The library passes on any JSON value; the protocol only accepts strings."""
    return value if isinstance(value, str) else None


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def main() -> None:
    """Reply to commands until `stop` or the end of input; other output goes to standard error."""
    replies, sys.stdout = sys.stdout.buffer, sys.stderr
    driver = Driver()
    for line in sys.stdin.buffer:
        command = json.loads(line)
        if command["cmd"] == "stop":
            return
        reply = (
            driver.start(command)
            if command["cmd"] == "start"
            else {"seq": command["seq"], **driver.call(command)}
        )
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()


if __name__ == "__main__":
    main()
