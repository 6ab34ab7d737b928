"""Any operation in ten lines on requests, as in many scripts, and the adapter for graphcontract."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote

import requests

from graphcontract.exchange import Call, Outcome

IMPLEMENTATION = {"name": "requests", "version": requests.__version__, "notes": "ten lines on a Session"}
LIMITS = {"timeout": "attempt", "surface": "generic"}


def fill_in(url: str, arguments: Mapping[str, str]) -> str:
    """Percent-encode the arguments into a URL template; in a quoted string of OData, quotes are doubled."""

    def encode(found: re.Match[str]) -> str:
        value = arguments[found[2]]
        return found[1] + quote(value.replace("'", "''") if found[1] else value, safe="")

    return re.sub(r"('?)\{(\w+)\}", encode, url)


def send(
    session: requests.Session,
    method: str,
    url: str,
    arguments: Mapping[str, str],
    query: Mapping[str, str] | None,
    token: str,
    timeout: float,
) -> requests.Response:
    """Request one operation, of which `url` is the template; raises requests.RequestException."""
    response = session.request(
        method,
        fill_in(url, arguments),
        params=query,
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout,
    )
    response.raise_for_status()
    return response


@cache
def _session(number: int, ca_file: str | None) -> requests.Session:  # noqa: ARG001 - one for each number
    session = requests.Session()
    session.verify = ca_file or True
    return session


def make_call(call: Call) -> Outcome:
    """Make one call and report it as requests' documentation distinguishes its errors."""
    rule = call.request
    if rule is None or rule.content == "required":
        return Outcome.unsupported("these ten lines send no content")
    if rule.query == "required" and not rule.query_parameters:
        return Outcome.unsupported("the contract does not say which query is required")
    query = {name: call.arguments[each] for name, each in rule.query_parameters.items()} or None
    root = call.base_url or f"{rule.root}/{rule.version}"
    try:
        session = _session(call.client, call.ca_file)
        response = send(
            session, rule.method, root + rule.path, call.arguments, query, call.token, call.timeout
        )
    except requests.HTTPError as error:
        return Outcome.failure(
            kind="http", type="HTTPError", status=error.response.status_code, message=str(error)
        )
    except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL) as error:
        return Outcome.rejected(str(error))
    except requests.Timeout as error:
        return Outcome.failure(kind="timeout", type=type(error).__name__, message=str(error))
    except requests.RequestException as error:
        return Outcome.failure(kind="transport", type=type(error).__name__, message=str(error))
    return Outcome.success(status=response.status_code)
