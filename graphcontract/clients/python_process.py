"""Starts the driver of `python:` clients, which needs nothing of this, and starts sooner without it."""

from __future__ import annotations

import sys

from graphcontract.clients import ClientUnavailable, Start
from graphcontract.clients.process import ProcessClient


def python_client(
    spec: str, *, implementation: str | None = None, start_timeout: float = 60.0
) -> ProcessClient:
    """Make a client that runs the adapter "module:callable" in a separate process.

    `implementation` is `NAME[@VERSION]`, and overrides the adapter module's own; `start_timeout` is in
    seconds.
    """
    argv = [sys.executable, "-m", "graphcontract.clients.python_driver", spec]
    if implementation:
        argv.append(implementation)
    return _PythonClient(argv, name=f"python:{spec}", start_timeout=start_timeout)


class _PythonClient(ProcessClient):
    """A driver whose protocol is implemented here: if it does not start, the fault is in the adapter."""

    def start(self, start: Start) -> None:
        """Start the driver and load the adapter; raises ClientUnavailable."""
        try:
            super().start(start)
        except ClientUnavailable as error:
            error.hint = (
                "Its output says why." if error.output else "Importing the module must come to an end."
            )
            raise
