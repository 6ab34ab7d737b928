"""The gates of released clients: who they are, how they are called, and what they are known to get wrong.
Some are for the shipped contract, and some for many operations.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_MSGRAPH = "drivers/python-msgraph-beta-sdk"
_OFFICE365 = "drivers/python-office365-rest-client"
_GRAPH_CLIENT = "drivers/node-microsoft-graph-client"
_FETCH = "drivers/node-fetch"
_HAND_WRITTEN = "drivers/hand_written"
CURL = (
    "curl --silent --show-error --fail --max-time {timeout} --request {method} "
    '--header "Authorization: Bearer {token}" {url}'
)


@dataclass(frozen=True)
class Gate:
    """A released client. `needs` is a path below the checkout, or a program, which `make` brings in.

    `cheap` is a clause of its list that takes no waiting. With `operations`, a pattern, the gate is for
    these, and not for the shipped contract.
    """

    name: str
    client: str
    known_failures: str | None
    needs: str
    make: str | None = None
    options: tuple[str, ...] = ()
    cheap: str = "input.unusable-id"
    operations: str | None = None

    @property
    def words(self) -> list[str]:
        """What follows `graphcontract check`, from the root of the checkout."""
        words = [self.client, *self.options]
        if self.operations is not None:
            words += ["--profile", "quick", "--operations", self.operations]
        return [*words, "--known-failures", self.known_failures] if self.known_failures else words

    @property
    def at_hand(self) -> bool:
        """Whether this machine could run it."""
        return (ROOT / self.needs).exists() or shutil.which(self.needs) is not None


def _sdk(name: str, folder: str, client: str, needs: str, *options: str) -> Gate:
    make = f"driver-{folder.removeprefix('drivers/')}"
    return Gate(name, client, f"{folder}/known-failures.json", f"{folder}/{needs}", make, options)


def _ten_lines(name: str, client: str, needs: str, cheap: str = "input.unusable-id") -> Gate:
    return Gate(name, client, f"{_HAND_WRITTEN}/{name}.known-failures.json", needs, cheap=cheap)


GATES = (
    _sdk(
        "msgraph-beta-sdk",
        _MSGRAPH,
        f"process:{_MSGRAPH}/.venv/bin/python drivers/python-msgraph-sdk/driver.py msgraph_beta",
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
    Gate("fetch", f"process:node {_FETCH}/driver.mjs", f"{_FETCH}/known-failures.json", "node"),
    _ten_lines("requests", "python:drivers.hand_written.with_requests:make_call", _HAND_WRITTEN),
    _ten_lines("httpx", "python:drivers.hand_written.with_httpx:make_call", _HAND_WRITTEN),
    _ten_lines("aiohttp", "python:drivers.hand_written.with_aiohttp:make_call", _HAND_WRITTEN),
    _ten_lines("curl", f"command:{CURL}", "curl", cheap="response.redirection"),
)
