"""Any operation in ten lines on requests, as in many scripts, and the adapter for graphcontract."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from urllib.parse import quote

import requests

from graphcontract.exchange import Call, Outcome

IMPLEMENTATION = {"name": "requests", "version": requests.__version__, "notes": "ten lines on a Session"}
LIMITS = {"timeout": "attempt", "surface": "generic"}


def send(
    session: requests.Session, method: str, url: str, arguments: Mapping[str, str], token: str, timeout: float
) -> requests.Response:
    """Request one operation, of which `url` is the template; raises requests.RequestException."""
    response = session.request(
        method,
        url.format_map({name: quote(value, safe="") for name, value in arguments.items()}),
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
    if rule is None or "required" in (rule.content, rule.query):
        return Outcome.unsupported("these ten lines send neither content nor a query")
    root = call.base_url or f"{rule.root}/{rule.version}"
    try:
        session = _session(call.client, call.ca_file)
        response = send(session, rule.method, root + rule.path, call.arguments, call.token, call.timeout)
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
