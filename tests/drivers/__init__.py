"""The gates of released clients: who they are, how they are called, and what they are known to get wrong.
Some are for the shipped contract, and some for many operations.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
_MSGRAPH = "drivers/python-msgraph-sdk"
_MSGRAPH_BETA = "drivers/python-msgraph-beta-sdk"
_OFFICE365 = "drivers/python-office365-rest-client"
_GRAPH_CLIENT = "drivers/node-microsoft-graph-client"
_FETCH = "drivers/node-fetch"
_HAND_WRITTEN = "drivers/hand_written"
_JAVA_SDK = "drivers/java-msgraph-beta-sdk"
_JAVA_CLIENTS = "drivers/java-http-clients"
_GO_SDK = "drivers/go-msgraph-beta-sdk-go"
_GO_CLIENT = "drivers/go-net-http"
_HTTP_CLIENT = "drivers/dotnet-http-client"
CURL = (
    "curl --silent --show-error --fail --max-time {timeout} --request {method} "
    '--header "Authorization: Bearer {token}" {url}'
)


@dataclass(frozen=True)
class Gate:
    """A released client. `needs` is a path below the checkout, or a program, which `make` brings in.

    `cheap` is a clause of its list that takes no waiting. With `operations`, which are patterns, the gate is
    for these, and not for the shipped contract.
    """

    name: str
    client: str
    known_failures: str
    needs: str
    make: str | None = None
    options: tuple[str, ...] = ()
    cheap: str = "input.unusable-id"
    operations: tuple[str, ...] = ()
    profile: str = "gate"

    @property
    def words(self) -> list[str]:
        """What follows `graphcontract check`, from the root of the checkout."""
        many = [word for each in self.operations for word in ("--operations", each)]
        options = [*self.options, *many, "--profile", self.profile]
        return [self.client, *options, "--known-failures", self.known_failures]

    @property
    def at_hand(self) -> bool:
        """Whether this machine could run it."""
        return (ROOT / self.needs).exists() or shutil.which(self.needs) is not None


def _sdk(name: str, folder: str, client: str, needs: str, *options: str) -> Gate:
    make = f"driver-{folder.removeprefix('drivers/')}"
    return Gate(name, client, f"{folder}/known-failures.json", f"{folder}/{needs}", make, options)


def _java(folder: str, main: str) -> str:
    """The driver with this main class; Java's usual compiler would work for seconds on what runs for one."""
    java = "java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp"
    return f"process:{java} {folder}/target/classes:{folder}/target/libraries/* drivers.{main}"


def _made_by(folder: str, name: str, client: str, list_name: str, needs: str, *options: str) -> Gate:
    make = f"driver-{folder.removeprefix('drivers/')}"
    return Gate(name, client, f"{folder}/{list_name}", f"{folder}/{needs}", make, options)


def _ten_lines(name: str, client: str, needs: str, cheap: str = "input.unusable-id") -> Gate:
    return Gate(name, client, f"{_HAND_WRITTEN}/{name}.known-failures.json", needs, cheap=cheap)


def _http_client(name: str, list_name: str, *version: str) -> Gate:
    """The driver of .NET's HttpClient, with this version of HTTP."""
    assembly = f"{_HTTP_CLIENT}/bin/HttpClientDriver.dll"
    client = " ".join([f"process:{_HTTP_CLIENT}/dotnet", assembly, *version])
    return _made_by(_HTTP_CLIENT, name, client, list_name, "bin/HttpClientDriver.dll")


GATES = (
    _sdk(
        "msgraph-beta-sdk",
        _MSGRAPH_BETA,
        f"process:{_MSGRAPH_BETA}/.venv/bin/python {_MSGRAPH}/driver.py msgraph_beta",
        ".venv/bin/python",
    ),
    _sdk(
        "microsoft-graph-client",
        _GRAPH_CLIENT,
        f"process:node {_GRAPH_CLIENT}/driver.mjs",
        "node_modules",
        "--tls",
    ),
    _sdk(
        "office365-rest-python-client",
        _OFFICE365,
        f"process:{_OFFICE365}/.venv/bin/python {_OFFICE365}/office365_driver.py",
        ".venv/bin/python",
    ),
    _made_by(
        _JAVA_SDK,
        "microsoft-graph-beta",
        _java(_JAVA_SDK, "Sdk"),
        "known-failures.json",
        "target/libraries",
    ),
    # The newest version that could be downloaded is older than the operation of the shipped contract.
    _made_by(
        _GO_SDK,
        "msgraph-beta-sdk-go",
        f"process:{_GO_SDK}/bin/driver",
        "known-failures.json",
        "bin/driver",
        "--contract",
        "ediscovery-case-reopen-beta",
    ),
    _made_by(
        _JAVA_CLIENTS,
        "java.net.http",
        _java(_JAVA_CLIENTS, "WithHttpClient"),
        "http-client.known-failures.json",
        "target/libraries",
    ),
    _made_by(
        _JAVA_CLIENTS,
        "okhttp",
        _java(_JAVA_CLIENTS, "WithOkHttp"),
        "okhttp.known-failures.json",
        "target/libraries",
    ),
    _made_by(_GO_CLIENT, "net-http", f"process:{_GO_CLIENT}/bin/driver", "known-failures.json", "bin/driver"),
    _http_client("httpclient", "known-failures.json"),
    _http_client("httpclient-http2", "http2.known-failures.json", "2.0"),
    Gate("fetch", f"process:node {_FETCH}/driver.mjs", f"{_FETCH}/known-failures.json", "node"),
    _ten_lines("requests", "python:drivers.hand_written.with_requests:make_call", _HAND_WRITTEN),
    _ten_lines("httpx", "python:drivers.hand_written.with_httpx:make_call", _HAND_WRITTEN),
    _ten_lines("httpx2", "python:drivers.hand_written.with_httpx2:make_call", _HAND_WRITTEN),
    _ten_lines("aiohttp", "python:drivers.hand_written.with_aiohttp:make_call", _HAND_WRITTEN),
    _ten_lines("curl", f"command:{CURL}", "curl", cheap="response.redirection"),
)

_MADE = {gate.name: gate for gate in GATES}


def _many(gate: Gate, operations: str, cheap: str, profile: str = "gate") -> Gate:
    """What does not depend on the operation makes a client wait, and the gate for one contract checks it:
    that of msgraph-beta-sdk for msgraph-sdk too, which has the same core.
    """
    folder = gate.known_failures.rpartition("/")[0]
    known = f"{folder}/known-failures-of-operations.json"
    of_many = replace(gate, known_failures=known, operations=(operations,), cheap=cheap, profile=profile)
    return replace(of_many, options=(*gate.options, "--no-once"))


# A hand-written client has no code of its own for an operation: it gets no gate for many.
MANY_GATES = (
    _many(
        _sdk(
            "msgraph-sdk",
            _MSGRAPH,
            f"process:{_MSGRAPH}/.venv/bin/python {_MSGRAPH}/driver.py msgraph",
            ".venv/bin/python",
        ),
        "v1.0 *",
        "request.path-parameters",
    ),
    _many(_MADE["msgraph-beta-sdk"], "beta *", "request.path-parameters"),
    _many(_MADE["microsoft-graph-beta"], "beta *", "request.path-parameters"),
    _many(replace(_MADE["msgraph-beta-sdk-go"], options=()), "beta *", "request.path-parameters"),
    _many(_MADE["microsoft-graph-client"], "beta *", "request.query", "quick"),
    _many(_MADE["office365-rest-python-client"], "beta *", "request.path-parameters", "quick"),
)
