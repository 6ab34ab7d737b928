"""The driver of `python:` clients, a program that this package starts for itself.

Knows the driver protocol and its own three streams; the adapter within knows neither. It runs apart so
that a client which ends its process, or prints to standard output, costs one call and not the run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import BinaryIO

from graphcontract.clients import ClientUnavailable, Start, messages
from graphcontract.clients.process import ProcessClient
from graphcontract.clients.python import Adapter

_USAGE = "usage: python -m graphcontract.clients.child module:callable [NAME[@VERSION]]\n"
_MISUSED, _NOT_STARTED, _INTERRUPTED = 2, 3, 130


def python_client(
    spec: str, *, implementation: str | None = None, start_timeout: float = 60.0
) -> ProcessClient:
    """Make a client that runs the adapter "module:callable" in a process of its own.

    `implementation` is `NAME[@VERSION]`, and overrules what the adapter's module says; `start_timeout` is
    in seconds.
    """
    argv = [sys.executable, "-m", "graphcontract.clients.child", spec]
    if implementation:
        argv.append(implementation)
    return _PythonClient(argv, name=f"python:{spec}", start_timeout=start_timeout)


class _PythonClient(ProcessClient):
    """A driver whose protocol is our own affair: where it does not start, the adapter is what to mend."""

    def start(self, start: Start) -> None:
        """Start the driver and load the adapter; raises ClientUnavailable."""
        try:
            super().start(start)
        except ClientUnavailable as error:
            error.hint = (
                "What it wrote says why." if error.output else "Importing the module has to come to an end."
            )
            raise


def main(arguments: Sequence[str]) -> int:
    """Serve calls until told to stop, or until standard input ends; returns the exit status."""
    if len(arguments) not in (1, 2):
        sys.stderr.write(_USAGE)
        return _MISUSED
    commands, replies = _take_streams()
    try:
        adapter = Adapter(*arguments)
    except ClientUnavailable as error:
        sys.stderr.write("\n".join([*filter(None, (error.output, str(error), error.hint)), ""]))
        return _NOT_STARTED
    try:
        for line in commands:
            if (reply := _reply(adapter, line)) is None:
                break
            replies.write(reply)
            replies.flush()
    except messages.MessageError as error:
        sys.stderr.write(f"a command that is none: {error}\n")
        return _MISUSED
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        adapter.close()
    return 0


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep standard input and output for the protocol; for all else they are nothing, and standard error."""
    commands, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return commands, replies


def _reply(adapter: Adapter, line: bytes) -> bytes | None:
    """Obey one command: the line to answer, None where it says stop."""
    command = messages.read_command(line)
    match command:
        case None:
            return None
        case Start():
            return messages.write_declaration(
                messages.Declaration(adapter.implementation, limits=adapter.limits)
            )
        case messages.NumberedCall(seq, call):
            outcome = adapter.call(call)
            if outcome.output:
                sys.stderr.write(f"{outcome.output}\n")
            return messages.write_reply(seq, outcome)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
