"""The driver of `python:` clients, a program that this package starts for itself.

Knows the driver protocol and its own three streams; the adapter within knows neither. It runs apart so
that a client which ends its process, or prints to standard output, costs one call and not the run.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from graphcontract.clients import ClientUnavailable, Start, messages
from graphcontract.clients.process import ProcessClient
from graphcontract.clients.python import Adapter
from graphcontract.exchange import Call

_USAGE = "usage: python -m graphcontract.clients.python_driver module:callable [NAME[@VERSION]]\n"
_MISUSED, _NOT_STARTED, _INTERRUPTED = 2, 3, 130


def python_client(
    spec: str, *, implementation: str | None = None, start_timeout: float = 60.0
) -> ProcessClient:
    """Make a client that runs the adapter "module:callable" in a process of its own.

    `implementation` is `NAME[@VERSION]`, and overrules what the adapter's module says; `start_timeout` is
    in seconds.
    """
    argv = [sys.executable, "-m", "graphcontract.clients.python_driver", spec]
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
        _serve(adapter, commands, _Replies(replies))
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


class _Replies:
    """Where replies go, each of them whole, whichever thread it comes from."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, line: bytes) -> None:
        """Write a reply at once."""
        with self._lock:
            self._stream.write(line)
            self._stream.flush()


def _serve(adapter: Adapter, commands: Iterable[bytes], replies: _Replies) -> None:
    """Obey commands until one says stop; an adapter that takes several calls at once is called by threads."""
    with ThreadPoolExecutor(adapter.concurrency, "adapter-call") as pool:
        for line in commands:
            match messages.read_command(line):
                case None:
                    return
                case Start():
                    declaration = messages.Declaration(
                        adapter.implementation, adapter.concurrency, adapter.limits
                    )
                    replies.write(messages.write_declaration(declaration))
                case messages.NumberedCall(seq, call) if adapter.concurrency > 1:
                    pool.submit(_answer_in_thread, adapter, seq, call, replies)
                case messages.NumberedCall(seq, call):
                    _answer(adapter, seq, call, replies)


def _answer(adapter: Adapter, seq: int, call: Call, replies: _Replies) -> None:
    outcome = adapter.call(call)
    if outcome.output:
        sys.stderr.write(f"{outcome.output}\n")
    replies.write(messages.write_reply(seq, outcome))


def _answer_in_thread(adapter: Adapter, seq: int, call: Call, replies: _Replies) -> None:
    # What else is raised, and lost here, is that nobody reads the reply: then the commands end, too.
    try:
        _answer(adapter, seq, call, replies)
    except KeyboardInterrupt:
        # As in the main thread it ends the process; an orderly end would wait for the other calls.
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
