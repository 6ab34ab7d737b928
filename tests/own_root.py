"""Clients that are used at a root of their own: `python:tests.own_root:careful`."""

from __future__ import annotations

import os
import ssl
import uuid
from functools import cache
from urllib.parse import quote

import httpx

from graphcontract.clients.reference import make_call
from graphcontract.exchange import Call, Outcome

PATH = "/solutions/sharePoint/migrations/crossOrganizationMigrationTasks/{}/cancel"


@cache
def load_authorities(trust: bool, _file: str | None) -> ssl.SSLContext:
    """Load the authorities of the environment, or the usual ones; once, since that takes 20 ms."""
    return httpx.create_ssl_context(trust_env=trust)


def post(
    call: Call, root: str, *, trust: bool = True, proxies: bool = True, correlate: bool = False
) -> Outcome:
    """Send one request to `root`, or to the call's where it names one."""
    url = (call.base_url or root) + PATH.format(quote(call.task_id, safe=""))
    fields = {"Authorization": f"Bearer {call.token}"}
    if correlate:
        fields["client-request-id"] = str(uuid.uuid4())
    verify = load_authorities(trust, os.environ.get("SSL_CERT_FILE"))
    try:
        with httpx.Client(verify=verify, trust_env=proxies, timeout=call.timeout) as client:
            response = client.post(url, headers=fields)
    except httpx.TransportError as error:
        return Outcome.failure(kind="transport", message=str(error))
    if response.is_success:
        return Outcome.success(status=response.status_code)
    return Outcome.failure(kind="http", status=response.status_code)


def careful(call: Call) -> Outcome:
    """Does what it should, at any root."""
    return make_call(call)


def released(call: Call) -> Outcome:
    """Uses v1.0, which lacks the action, unless it is given another version."""
    return post(call, "https://graph.microsoft.com/v1.0", correlate=True)


def uncorrelated(call: Call) -> Outcome:
    """Sends no client-request-id, wherever it goes."""
    return post(call, "https://graph.microsoft.com/beta")


def sovereign(call: Call) -> Outcome:
    """Uses another cloud unless it is given one."""
    return post(call, "https://graph.microsoft.us/beta")


def distrustful(call: Call) -> Outcome:
    """Trusts the authorities that it brings, and no others."""
    return post(call, "https://graph.microsoft.com/beta", trust=False)


def direct(call: Call) -> Outcome:
    """Heeds no proxy."""
    return post(call, "https://graph.microsoft.com/beta", proxies=False)


def dreaming(_call: Call) -> Outcome:
    """Sends nothing, and says that all is done."""
    return Outcome.success()


def telling(call: Call) -> Outcome:
    """Tells what its environment names, in what an error exposes."""
    names = ("HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "NO_PROXY")
    post(call, "https://graph.microsoft.com/beta")
    return Outcome.failure(kind="http", status=409, message="; ".join(os.environ.get(n, "-") for n in names))
