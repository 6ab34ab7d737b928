"""A template for a driver, for Python 3.10 or newer. It implements graphcontract's driver protocol, version
1.

graphcontract starts this program, writes commands to its standard input and reads replies from its standard
output, one JSON object a line. The parts to change come first: `declaration`, `Client` and `outcome`.
At first `Client` is a small client on http.client, so that you can run it before you use your own library.

It was run against the suites of graphcontract. http.client takes 102 and 103 for final responses, which
violates a SHOULD; another one is violated because nothing is retried.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import sys
import uuid
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

# Change this: the client under test, and what it cannot do by design. Reports show both.


def declaration() -> dict[str, Any]:
    """Make the reply to `start`."""
    return {
        "protocol": 1,
        "implementation": {"name": "my-library", "version": "0.0.0", "language": "python"},
        "concurrency": 1,  # how many calls this driver accepts at once
        # Optional parts of the protocol that this driver implements; its reference lists them.
        "features": ["fields"],
        # Omit limits that your library does not have; the first value is the default.
        "limits": {
            # "root": "settable" | "fixed"     fixed: it has its own service root and accepts no other
            # "https": False | True            True: it rejects http, or sends no token over it
            # "hosts": []                      the only hosts to which it sends tokens
            # "proxy": "env" | "option" | "none"
            "proxy": "option",
            # "timeout": "call" | "attempt" | "none"   what its timeout bounds
            "timeout": "attempt",
            # "token": "call" | "client"       client: a new token needs a new client object
            # "status": True | False           False: it does not expose the HTTP status
            # "surface": "generic" | "typed"   typed: it has a method for this operation
        },
    }


# Change this: the library. Replace the class by the construction of your client object, and `send` by the
# one call of its public interface that requests the operation. Do no work for the library: what is checked,
# encoded or retried here counts as its work. If it has a list of allowed hosts, usually give it
# `start["hosts"]`.
#
# `call["request"]` is what the contract says of the request: method, path template, and which arguments are
# query parameters. With it one driver serves every operation. A library with a method for each operation
# finds it from the segments of the path, and the outcome of one that it does not have is `unsupported`.

TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
MOST_BYTES = 4 * 1024 * 1024


class GraphError(Exception):
    """The library's documented error: the service responded, and not with success."""

    def __init__(
        self, status: int, error: dict[str, Any], request_id: str | None, fields: dict[str, str]
    ) -> None:
        super().__init__(text(error.get("message")) or f"status {status}")
        self.status = status
        self.code = text(error.get("code"))
        self.request_id = request_id
        self.fields = fields


class Client:
    """One client object of the library."""

    def __init__(self, start: dict[str, Any]) -> None:
        self._proxy = start["proxy"]

    def send(
        self,
        request: dict[str, Any],
        arguments: dict[str, str],
        *,
        root: str | None,
        token: str,
        timeout: float,
        ca_file: str | None,
    ) -> int:
        """Request the operation, and return the status; raises ValueError, GraphError, OSError and
        HTTPException.
        """
        if not TOKEN.fullmatch(token):
            raise ValueError("this is not a bearer token")
        url = urlsplit((root or f"{request['root']}/{request['version']}") + fill_in(request, arguments))
        connection, target = self._connect(url, timeout, ca_file)
        try:
            fields = {"Authorization": f"Bearer {token}", "client-request-id": str(uuid.uuid4())}
            # It adds Content-Length: 0 to a POST, PUT or PATCH without content.
            connection.request(request["method"], target, headers=fields)
            response = connection.getresponse()
            if 200 <= response.status < 300:
                response.read(MOST_BYTES)
                return response.status
            error = error_of(response)
            inner = error.get("innerError") or error.get("innererror") or {}
            request_id = text(inner.get("request-id")) if isinstance(inner, dict) else None
            request_id = request_id or response.getheader("request-id")
            raise GraphError(response.status, error, request_id, dict(response.getheaders()))
        finally:
            connection.close()

    def _connect(
        self, url: Any, timeout: float, ca_file: str | None
    ) -> tuple[http.client.HTTPConnection, str]:
        """Make a connection for one call, and the request target to send over it."""
        via = urlsplit(self._proxy) if self._proxy else url
        target = f"{url.path}?{url.query}" if url.query else url.path
        if url.scheme == "http":
            plain = http.client.HTTPConnection(via.hostname, via.port, timeout=timeout)
            return plain, url.geturl() if self._proxy else target
        trusted = ssl.create_default_context(cafile=ca_file)  # None: as SSL_CERT_FILE or the system says
        secure = http.client.HTTPSConnection(via.hostname, via.port, timeout=timeout, context=trusted)
        if self._proxy:
            secure.set_tunnel(url.hostname, url.port or 443)
        return secure, target


def fill_in(request: dict[str, Any], arguments: dict[str, str]) -> str:
    """Put the arguments into the path and the query; raises ValueError if one cannot be sent.

    In a string literal, as in `find(name='{name}')`, OData doubles the quotes of the value.
    """

    def replace(found: re.Match[str]) -> str:
        value = arguments[found[2]]
        return found[1] + segment(value.replace("'", "''") if found[1] else value)

    path = re.sub(r"('?)\{(\w+)\}", replace, request["path"])
    query = urlencode({name: arguments[each] for name, each in query_of(request).items()}, quote_via=quote)
    return f"{path}?{query}" if query else path


def query_of(request: dict[str, Any]) -> dict[str, str]:
    """The names of the arguments that the query has, by the names of their query parameters."""
    schemas = request["parameters"].items()
    return {each.get("name", name): name for name, each in schemas if each.get("in") == "query"}


def segment(value: str) -> str:
    """Percent-encode an argument as one segment of the path; raises ValueError if it cannot be one."""
    if value in ("", ".", "..") or any(ord(each) < 32 or 127 <= ord(each) < 160 for each in value):
        raise ValueError("this is not an id")
    return quote(value, safe="")


def error_of(response: http.client.HTTPResponse) -> dict[str, Any]:
    """Find Graph's error object; empty if the content does not have one."""
    try:
        document = json.loads(response.read(MOST_BYTES))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return {}
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, dict) else {}


def text(value: Any) -> str | None:
    """Return a string unchanged, and None for anything else: the protocol only accepts strings."""
    return value if isinstance(value, str) else None


# Change this: the outcome of a call. `failure` is for documented errors, of the library or its HTTP stack;
# `rejected` for input that it rejected before it sent anything; `crash` for any other exception.


def outcome(client: Client, call: dict[str, Any]) -> dict[str, Any]:
    """Make the one call, and return its outcome."""
    request = call["request"]
    if request["content"] == "required" or (request["query"] == "required" and not query_of(request)):
        reason = "this client sends neither content nor a query of its own"
        return {"outcome": "unsupported", "reason": reason}
    try:
        status = client.send(
            request,
            call["arguments"],
            root=call["base_url"],  # None: the library's default root
            token=call["token"],
            timeout=call["timeout"],  # seconds, for the whole call
            ca_file=call["ca_file"],
        )
    except ValueError as error:
        return {"outcome": "rejected", "reason": str(error)}
    except GraphError as error:
        ids = {"code": error.code, "requestId": error.request_id}
        return failure("http", error, status=error.status, fields=error.fields, **ids)
    except TimeoutError as error:
        return failure("timeout", error)
    except (OSError, http.client.HTTPException) as error:
        return failure("transport", error)
    except Exception as error:
        return {"outcome": "crash", "reason": f"{type(error).__name__}: {error}"}
    return {"outcome": "success", "status": status}


def failure(kind: str, error: Exception, **more: Any) -> dict[str, Any]:
    """Make a failure with what the error exposes."""
    exposed = {"kind": kind, "type": type(error).__name__, "message": str(error), **more}
    return {"outcome": "failure", "error": exposed}


# The protocol: do not change this part.


def main() -> None:
    """Reply to commands until `stop`, or the end of input."""
    replies, sys.stdout = sys.stdout, sys.stderr  # Standard output is for replies only.
    start: dict[str, Any] = {}
    clients: dict[int, Client] = {}
    for line in sys.stdin:
        command = json.loads(line)
        if command["cmd"] == "stop":
            return
        if command["cmd"] == "start":
            start, reply = command, declaration()
        else:
            client = clients.setdefault(command["client"], Client(start))
            reply = {"seq": command["seq"], **outcome(client, command)}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
