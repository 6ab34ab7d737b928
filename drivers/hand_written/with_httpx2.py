"""Any operation in ten lines on httpx2, as in many scripts, and the adapter for graphcontract."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote

import httpx2

from graphcontract.exchange import Call, Outcome

IMPLEMENTATION = {"name": "httpx2", "version": httpx2.__version__, "notes": "ten lines on a Client"}
LIMITS = {"timeout": "attempt", "surface": "generic"}


def fill_in(url: str, arguments: Mapping[str, str]) -> str:
    """Percent-encode the arguments into a URL template; in a quoted string of OData, quotes are doubled."""

    def encode(found: re.Match[str]) -> str:
        value = arguments[found[2]]
        return found[1] + quote(value.replace("'", "''") if found[1] else value, safe="")

    return re.sub(r"('?)\{(\w+)\}", encode, url)


def send(
    client: httpx2.Client,
    method: str,
    url: str,
    arguments: Mapping[str, str],
    query: Mapping[str, str] | None,
    token: str,
    timeout: float,
) -> httpx2.Response:
    """Request one operation, of which `url` is the template; raises httpx2.HTTPError and InvalidURL."""
    response = client.request(
        method,
        fill_in(url, arguments),
        params=query,
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout,
    )
    return response.raise_for_status()


@cache
def _client(number: int, ca_file: str | None) -> httpx2.Client:  # noqa: ARG001 - one for each number
    return httpx2.Client(verify=ssl.create_default_context(cafile=ca_file) if ca_file else True)


def make_call(call: Call) -> Outcome:
    """Make one call and report it as httpx2's documentation distinguishes its errors."""
    rule = call.request
    if rule is None or rule.content == "required":
        return Outcome.unsupported("these ten lines send no content")
    if rule.query == "required" and not rule.query_parameters:
        return Outcome.unsupported("the contract does not say which query is required")
    query = {name: call.arguments[each] for name, each in rule.query_parameters.items()} or None
    root = call.base_url or f"{rule.root}/{rule.version}"
    try:
        client = _client(call.client, call.ca_file)
        response = send(
            client, rule.method, root + rule.path, call.arguments, query, call.token, call.timeout
        )
    except httpx2.HTTPStatusError as error:
        return Outcome.failure(
            kind="http", type="HTTPStatusError", status=error.response.status_code, message=str(error)
        )
    except (httpx2.InvalidURL, httpx2.LocalProtocolError) as error:
        return Outcome.rejected(str(error))
    except httpx2.TimeoutException as error:
        return Outcome.failure(kind="timeout", type=type(error).__name__, message=str(error))
    except (httpx2.TransportError, httpx2.DecodingError) as error:
        return Outcome.failure(kind="transport", type=type(error).__name__, message=str(error))
    return Outcome.success(status=response.status_code)
