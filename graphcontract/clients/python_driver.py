"""The driver of `python:` clients: a program of this package that runs an adapter in a separate process.

So a client that ends its process costs one call and not the run, and what it prints cannot mix with replies.

Threads: the main thread reads commands. It also makes the calls, unless the adapter declares a concurrency
above 1 or that its calls can be cancelled: then a thread pool of that size makes them. `_Replies` writes each
reply under a lock.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import BinaryIO
from weakref import WeakValueDictionary

from graphcontract.clients import LOOPS_VARIABLE, ClientUnavailable, Start, messages
from graphcontract.clients.python import Adapter
from graphcontract.exchange import Call, Cancellation

_USAGE = "usage: python -m graphcontract.clients.python_driver module:callable [NAME[@VERSION]]\n"
_MISUSED, _NOT_STARTED, _INTERRUPTED = 2, 3, 130


def main(arguments: Sequence[str]) -> int:
    """Make calls until `stop` or the end of standard input; returns the exit status."""
    if len(arguments) not in (1, 2):
        sys.stderr.write(_USAGE)
        return _MISUSED
    commands, replies = _take_streams()
    try:
        loop_per_call = os.environ.get(LOOPS_VARIABLE) == "each-call"
        adapter = Adapter(*arguments, loop_per_call=loop_per_call)
    except ClientUnavailable as error:
        sys.stderr.write("\n".join([*filter(None, (error.output, str(error))), ""]))
        return _NOT_STARTED
    try:
        _serve(adapter, commands, _Replies(replies))
    except messages.MessageError as error:
        sys.stderr.write(f"not a command of the driver protocol: {error}\n")
        return _MISUSED
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        adapter.close()
    return 0


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep standard input and output for the protocol; other code gets /dev/null and standard error
    instead.
    """
    commands, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return commands, replies


class _Replies:
    """Writes whole replies, from any thread: a lock keeps their lines apart."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, line: bytes) -> None:
        """Write a reply and flush it."""
        with self._lock:
            self._stream.write(line)
            self._stream.flush()


def _serve(adapter: Adapter, commands: Iterable[bytes], replies: _Replies) -> None:
    """Execute commands until `stop`; calls of a concurrent adapter run in a pool of `adapter-call`
    threads.
    """
    cancels = "cancel" in adapter.features
    # Weak, so that only calls in flight are here: a call keeps its own.
    cancellations: WeakValueDictionary[int, Cancellation] = WeakValueDictionary()
    with ThreadPoolExecutor(adapter.concurrency, "adapter-call") as pool:
        for line in commands:
            match messages.read_command(line):
                case None:
                    return
                case Start(debug=debug):
                    if debug:
                        # Of the root, so that it includes the client's HTTP library.
                        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
                    declaration = messages.Declaration(
                        adapter.implementation, adapter.concurrency, adapter.limits, adapter.features
                    )
                    replies.write(messages.write_declaration(declaration))
                case messages.Cancel(seq):
                    if (cancellation := cancellations.get(seq)) is not None:
                        cancellation.set()
                case messages.NumberedCall(seq, call) if cancels:
                    cancellations[seq] = cancellation = Cancellation()
                    call = replace(call, cancelled=cancellation)
                    pool.submit(_reply_in_thread, adapter, seq, call, replies)
                case messages.NumberedCall(seq, call) if adapter.concurrency > 1:
                    pool.submit(_reply_in_thread, adapter, seq, call, replies)
                case messages.NumberedCall(seq, call):
                    _reply(adapter, seq, call, replies)


def _reply(adapter: Adapter, seq: int, call: Call, replies: _Replies) -> None:
    outcome = adapter.call(call)
    if outcome.output:
        sys.stderr.write(f"{outcome.output}\n")
    replies.write(messages.write_reply(seq, outcome))


def _reply_in_thread(adapter: Adapter, seq: int, call: Call, replies: _Replies) -> None:
    # A future keeps other exceptions unseen: they mean that the reply cannot be written, since the harness
    # has gone; then the commands end, too.
    try:
        _reply(adapter, seq, call, replies)
    except KeyboardInterrupt:
        # End the process, as in the main thread; an orderly exit would wait for the other calls.
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
