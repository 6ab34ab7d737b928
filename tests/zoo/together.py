"""A driver that holds three calls at once and misbehaves when it has them: `together.py MODE`.

It holds calls for `a`, `b` and `c`, and does what the mode says once it has all three. It replies to any
other call at once. A success has the task and the driver's process id as its request id.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

Command = dict[str, Any]
Held = dict[str, Command]


def raw(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def success(command: Command, seq: int | None = None) -> bytes:
    (task,) = command["arguments"].values()
    reply = {
        "seq": seq or command["seq"],
        "outcome": "success",
        "requestId": f"{task} {os.getpid()}",
    }
    return json.dumps(reply).encode() + b"\n"


def reply_to(commands: Iterable[Command]) -> None:
    raw(b"".join(success(each) for each in commands))


def reverses(held: Held) -> None:
    """Reply in reverse order, to the first call last."""
    reply_to(reversed(held.values()))


def counts(held: Held) -> None:
    """Reply only if no fourth call comes before a reply."""
    if select.select([0], [], [], 0.1)[0]:
        sys.exit("a fourth call")
    reply_to(held.values())


def borrows(held: Held) -> None:
    """Reply to `a`, and then to `b` with the number of `a`."""
    raw(success(held["a"]) + success(held["b"], held["a"]["seq"]))


def swaps(held: Held) -> None:
    """Reply to `a` with the number of `b` and vice versa: the numbers do not reveal it."""
    raw(success(held["a"], held["b"]["seq"]) + success(held["b"], held["a"]["seq"]) + success(held["c"]))


def stammers(held: Held) -> None:
    """Reply to `a`, and then write a line that is not a reply."""
    raw(success(held["a"]) + b"Traceback:\n")


def interleaves(held: Held) -> None:
    """Reply to `a` and `b` with their bytes interleaved, as two threads without a lock can."""
    pairs = zip(success(held["a"]), success(held["b"]), strict=True)
    raw(bytes(byte for pair in pairs for byte in pair))


def dies(held: Held) -> None:
    os.write(2, b"fatal: out of cheese\n")
    os._exit(7)


def logs(held: Held) -> None:
    os.write(2, b"all three are here\n")
    reply_to(held.values())


def forsakes(held: Held) -> None:
    """Reply to `b`; on SIGUSR1 to `a`, for which it is too late, and then to `c`."""
    reply_to([held["b"]])
    signal.sigwait({signal.SIGUSR1})
    reply_to([held["a"], held["c"]])


def interrupts(held: Held) -> None:
    os.kill(os.getppid(), signal.SIGINT)
    signal.pause()


MODES: list[Callable[[Held], None]] = [
    borrows,
    counts,
    dies,
    forsakes,
    interleaves,
    interrupts,
    logs,
    reverses,
    stammers,
    swaps,
]


def main(mode: str) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    act = {each.__name__: each for each in MODES}[mode]
    held: Held = {}
    # Unbuffered, so that what has not been read is still in the pipe.
    commands = os.fdopen(0, "rb", buffering=0, closefd=False)
    commands.readline()
    raw(b'{"implementation": {"name": "zoo"}, "concurrency": 3}\n')
    for line in iter(commands.readline, b""):
        command = json.loads(line)
        if command["cmd"] == "stop":
            return
        (task,) = command["arguments"].values()
        if task not in {"a", "b", "c"}:
            reply_to([command])
            continue
        held[task] = command
        if len(held) == 3:
            act(held)
            held.clear()


if __name__ == "__main__":
    main(*sys.argv[1:])
