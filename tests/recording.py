"""Clients that write down every root that they are asked to call: `python:tests.recording:heeds`.

`GRAPHCONTRACT_TEST_RECORD` names the file. None of them sends anything to its own root but through the proxy:
where it would go there directly, it only says so.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

import httpx

from graphcontract.exchange import Call, Outcome
from tests.own_root import PATH, load_authorities, post

OWN_ROOT = "https://graph.microsoft.com/beta"


def record(call: Call) -> int:
    """Write the call's root down, and count the calls so far."""
    file = Path(os.environ["GRAPHCONTRACT_TEST_RECORD"])
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{json.dumps(call.base_url)}\n")
    return len(file.read_text(encoding="utf-8").splitlines())


def own_calls(call: Call) -> int:
    """Write the call's root down, and count those to the client's own root so far."""
    record(call)
    lines = Path(os.environ["GRAPHCONTRACT_TEST_RECORD"]).read_text(encoding="utf-8").splitlines()
    return lines.count("null")


def heeds(call: Call) -> Outcome:
    """Heeds the proxy."""
    record(call)
    return post(call, OWN_ROOT, correlate=True)


def ignores(call: Call) -> Outcome:
    """Goes everywhere directly."""
    record(call)
    return leave(call) if call.base_url is None else post(call, OWN_ROOT, proxies=False)


def leave(_call: Call) -> Outcome:
    """Stands for a request to the own root that the proxy sees nothing of."""
    return Outcome.failure(kind="transport", message="this would have left the machine")


def heeds_at_the_probe(call: Call) -> Outcome:
    """Uses the proxy for every given root, and not for its own root."""
    record(call)
    return leave(call) if call.base_url is None else post(call, OWN_ROOT)


def heeds_for_a_while(call: Call) -> Outcome:
    """Heeds the proxy until its fourth call to its own root, and never again."""
    astray = own_calls(call) > 3
    if call.base_url is None:
        return leave(call) if astray else post(call, OWN_ROOT, correlate=True)
    return post(call, OWN_ROOT, proxies=not astray)


def heeds_for_https_alone(call: Call) -> Outcome:
    """Heeds the proxy for https, and follows redirects to http without it."""
    record(call)
    verify = load_authorities(True, os.environ.get("SSL_CERT_FILE"))
    mounts = {"https://": httpx.HTTPTransport(proxy=os.environ["HTTPS_PROXY"], verify=verify)}
    with httpx.Client(mounts=mounts, trust_env=False, follow_redirects=True, timeout=call.timeout) as client:
        response = client.post((call.base_url or OWN_ROOT) + PATH.format(call.task_id))
    return Outcome.success() if response.is_success else Outcome.failure(status=response.status_code)


def dies(call: Call) -> Outcome:
    """Heeds the proxy, and ends at its second call to its own root."""
    if own_calls(call) == 2 and call.base_url is None:
        os._exit(9)
    return post(call, OWN_ROOT, correlate=True)


def sends_nothing(call: Call) -> Outcome:
    """Says that all is done."""
    record(call)
    return Outcome.success()


def delegates(call: Call) -> Outcome:
    """Has a service make its calls, by a Unix socket, as a client in a container engine's hands does."""
    record(call)
    with socket.socket(socket.AF_UNIX) as service:
        service.connect(os.environ["GRAPHCONTRACT_TEST_SERVICE"])
        service.sendall(f"{call.base_url or OWN_ROOT}{PATH.format(call.task_id)}\n".encode())
        said = service.recv(1024).decode()
    return Outcome.failure(kind="transport", message=said)


def main(behaviour: str, root: str, task_id: str, token: str) -> int:
    """A command: `python -m tests.recording BEHAVIOUR ROOT ID TOKEN`; for OWN_ROOT, the call has no root."""
    base_url = None if root == OWN_ROOT else root
    call = Call("cancel", {"id": task_id}, token, base_url, timeout=10.0)
    outcome: Outcome = globals()[behaviour](call)
    return outcome.kind != "success"


def fetch(url: str) -> str:
    """Make the request that a service is asked for, directly, unless it goes to the own root."""
    if url.startswith(OWN_ROOT):
        return "this would have left the machine"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(urllib.request.Request(url, method="POST"), timeout=5).close()
    except (urllib.error.URLError, OSError) as error:
        return str(error)
    return "sent"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
