"""A driver that misbehaves: `misbehaving.py MODE [TEXT]`; it implements the protocol without our package.

Only a call for the task `bad` gets the mode's fault; every other call succeeds, with the driver's process id
as its request id.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

BEGAN = time.monotonic()
HUNDRED_MIB = 100 * 1024 * 1024
Command = dict[str, Any]


def raw(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def say(document: object) -> None:
    raw(json.dumps(document).encode() + b"\n")


def succeed(command: Command) -> None:
    say({"seq": command["seq"], "outcome": "success", "status": 204, "requestId": str(os.getpid())})


def flood(descriptor: int, data: bytes) -> None:
    for _ in range(HUNDRED_MIB // len(data)):
        os.write(descriptor, data)


# What goes wrong at the start.


def silent(text: str) -> None:
    signal.pause()


def exits(text: str) -> None:
    sys.stderr.write("".join(f"line {number}\n" for number in range(30)) + "cannot find module\n")
    sys.exit(3)


def floods_banners(text: str) -> None:
    while True:
        raw(b"restoring packages\n" * 1000)


def starts_once(text: str) -> None:
    """Start only the first time, and end at once: the file TEXT marks that it has started."""
    if Path(text).exists():
        sys.exit("the second start fails")
    Path(text).touch()
    declare("")
    sys.exit(0)


def declare(text: str) -> None:
    """Write TEXT, which may have several lines, and then work correctly."""
    raw(os.fsencode(text or '{"implementation": {"name": "zoo"}}') + b"\n")


# What goes wrong in a call.


def began(command: Command, text: str) -> None:
    """Say when this process began."""
    say({"seq": command["seq"], "outcome": "success", "requestId": str(BEGAN)})


def echo(command: Command, text: str) -> None:
    received = {"start": START, "call": command, "environment": dict(os.environ)}
    say({"seq": command["seq"], "outcome": "failure", "error": {"message": json.dumps(received)}})


def reply(command: Command, text: str) -> None:
    raw(os.fsencode(text).replace(b"SEQ", str(command["seq"]).encode()) + b"\n")


def nests(command: Command, text: str) -> None:
    raw(b'{"seq":%d,"x":' % command["seq"] + b"[" * 200_000 + b"]" * 200_000 + b"}\n")


def half(command: Command, text: str) -> None:
    raw(b'{"seq":%d,' % command["seq"])
    signal.pause()


def slow(command: Command, text: str) -> None:
    time.sleep(0.5)
    succeed(command)


def late(command: Command, text: str) -> None:
    """Reply too late: at SIGTERM."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: succeed(command))
    while True:
        signal.pause()


def twice(command: Command, text: str) -> None:
    succeed(command)
    succeed(command)


def dies(command: Command, text: str) -> None:
    sys.stderr.write("fatal: out of cheese\n")
    sys.stderr.flush()
    os._exit(7)


def killed(command: Command, text: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def abandons(command: Command, text: str) -> None:
    """End, and leave a child behind that holds the pipes open."""
    subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"])
    os._exit(5)


def closes(command: Command, text: str) -> None:
    os.close(1)
    signal.pause()


def floods_stdout(command: Command, text: str) -> None:
    flood(1, b"x" * 65536)
    succeed(command)


def floods_stderr(command: Command, text: str) -> None:
    flood(2, b"trace " * 10922 + b"\n")
    succeed(command)


def logs(command: Command, text: str) -> None:
    """Log more than one read returns, the token last, and reply while all of it is still in the pipe."""
    with suppress(AttributeError, OSError):  # Not every system lets a pipe grow.
        fcntl.fcntl(2, fcntl.F_SETPIPE_SZ, 512 * 1024)
    os.write(2, b"trace\n" * 50_000 + f"Authorization: Bearer {command['token']}\n".encode())
    succeed(command)


def parents(command: Command, text: str) -> None:
    """Start a child that ignores SIGTERM and keeps the named pipe TEXT open."""
    with open(text, "wb") as pipe:
        os.set_inheritable(pipe.fileno(), True)
        code = "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"
        child = subprocess.Popen(
            [sys.executable, "-S", "-c", code], stdout=subprocess.PIPE, stderr=pipe, close_fds=False
        )
        assert child.stdout is not None
        child.stdout.readline()
    succeed(command)


def interrupts(command: Command, text: str) -> None:
    os.write(2, f"{os.getpid()}\n".encode())
    os.kill(os.getppid(), signal.SIGINT)
    signal.pause()


def leaves(command: Command, text: str) -> None:
    """Reply, and end before the next call."""
    succeed(command)
    sys.exit(0)


def deaf(text: str) -> None:
    """Start correctly and read nothing more."""
    declare("")
    signal.pause()


def stops(text: str) -> None:
    """Work correctly, and create the file TEXT at `stop`."""
    declare("")
    atexit.register(Path(text).touch)


def stubborn(text: str) -> None:
    """Ignore `stop`, the end of standard input, and SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say({"implementation": {"name": "zoo", "notes": str(os.getpid())}})
    while True:
        signal.pause()


STARTS: list[Callable[[str], None]] = [
    deaf,
    declare,
    exits,
    floods_banners,
    silent,
    starts_once,
    stops,
    stubborn,
]
CALLS: list[Callable[[Command, str], None]] = [
    abandons,
    began,
    closes,
    dies,
    echo,
    floods_stderr,
    floods_stdout,
    half,
    interrupts,
    killed,
    late,
    leaves,
    logs,
    nests,
    parents,
    reply,
    slow,
    twice,
]
START: Command = {}


def main(mode: str, text: str = "") -> None:
    START.update(json.loads(sys.stdin.buffer.readline()))
    calls = {each.__name__: each for each in CALLS}
    if mode in calls or mode == "good":
        declare("")
    else:
        {each.__name__: each for each in STARTS}[mode](text)
    for line in iter(sys.stdin.buffer.readline, b""):
        command = json.loads(line)
        if command["cmd"] == "stop":
            return
        if "bad" in command["arguments"].values() and mode in calls:
            calls[mode](command, text)
        else:
            succeed(command)


if __name__ == "__main__":
    main(*sys.argv[1:])
