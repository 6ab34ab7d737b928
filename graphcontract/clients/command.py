"""The `command:` client: one program run a call, judged by its exit status.

Knows argument vectors and processes, and encodes the id into the URL itself. What the program asks for is
for the transport to see.
"""

from __future__ import annotations

import errno
import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from graphcontract.clients import ClientUnavailable, Limits, Start
from graphcontract.clients.isolation import NOT_ISOLATED, isolated
from graphcontract.clients.process import environment
from graphcontract.clients.python import named
from graphcontract.exchange import Call, Outcome, grace

MAX_OUTPUT = 64 * 1024
TOKEN_VARIABLE = "GRAPHCONTRACT_TOKEN"  # noqa: S105 - a name, not a secret

_PLACEHOLDER = re.compile(r"\{(base_url|url|token|task_id|timeout)\}")
_CHUNK = 64 * 1024
_SLICE_MS = 50
_KILL_PATIENCE = 5.0


class CommandClient:
    """A command line with placeholders {base_url} {url} {token} {task_id} {timeout}; no shell reads it.

    `path` is the contract's path with its parameter in braces, for {url}; `root` is what {base_url} stands
    for in a call that names none. The token is in the environment too, as GRAPHCONTRACT_TOKEN, for arguments
    show in process lists. `implementation` is `NAME[@VERSION]`. Raises ValueError for a command that could
    not know where to send its request, which one that has an `own_root` does.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        root: str,
        path: str,
        implementation: str | None = None,
        own_root: bool = False,
    ) -> None:
        self._placeholders = {name for argument in argv for name in _PLACEHOLDER.findall(argument)}
        pointed = bool(self._placeholders & {"url", "base_url"})
        if not own_root and not pointed:
            raise ValueError(
                "the command needs {url} or {base_url} in an argument, to know where to send its request, "
                "unless it is judged at its own root, with --transport proxy"
            )
        self._argv = tuple(argv)
        self._root, self._path = root, path
        self._start: Start | None = None
        self.implementation = named(implementation or Path(argv[0]).name)
        self.limits = Limits(root="settable" if pointed else "fixed", surface="generic", status=False)
        self.concurrency = 1
        self.budget: int | None = 20
        self.shows = frozenset({"id"} if "task_id" in self._placeholders else ())

    def start(self, start: Start) -> None:
        """Look the program up; raises ClientUnavailable."""
        program = self._argv[0]
        if shutil.which(program) is None:
            raise ClientUnavailable(
                f"there is no program `{program}`", "Install it, or give its full path; no shell is involved."
            )
        self._start = start

    def call(self, call: Call) -> Outcome:
        """Run the command once and wait for its end, at most the call's timeout and its grace."""
        if self._start is None:
            raise RuntimeError("a call before start() or after close()")
        if reason := self._inexpressible(call):
            return Outcome.unsupported(reason)
        start = replace(self._start, ca_file=call.ca_file) if call.base_url else self._start
        env = environment(start, {TOKEN_VARIABLE: call.token})
        try:
            filled = [self._filled(argument, call) for argument in self._argv]
            argv = [argument.encode() for argument in isolated(filled, start.doorway)]
            outcome = _run(argv, env, call.timeout + grace(call.timeout))
        except ValueError as error:  # NUL, or half of a surrogate pair
            return Outcome.unsupported(f"no command line can hold the id or the token: {error}")
        except OSError as error:
            if error.errno == errno.E2BIG:
                return Outcome.unsupported("the id or the token is too long for a command line")
            return Outcome.crash(f"`{self._argv[0]}` could not be run: {error.strerror}")
        if start.doorway is not None and outcome.output.startswith(NOT_ISOLATED):
            return Outcome.unsupported(outcome.output.strip())  # the command did not run
        return outcome

    def renew(self) -> None:
        """Nothing: each call is a process of its own."""

    def close(self) -> None:
        """End nothing: no program runs between calls."""
        self._start = None

    def _inexpressible(self, call: Call) -> str | None:
        if "url" in self._placeholders and call.task_id in ("", ".", ".."):
            return f"no URL can hold {call.task_id!r} as a segment of its path"
        return None

    def _filled(self, argument: str, call: Call) -> str:
        """Fill an argument's placeholders in, once: what is put in is not read again."""
        root = call.base_url or self._root
        values = {
            "base_url": root,
            "token": call.token,
            "task_id": call.task_id,
            "timeout": f"{call.timeout:g}",
        }
        if "url" in self._placeholders:
            values["url"] = root + re.sub(r"\{[^{}]*\}", lambda _: quote(call.task_id, safe=""), self._path)
        return _PLACEHOLDER.sub(lambda found: values[found[1]], argument)


def _run(argv: Sequence[bytes], env: Mapping[str, str], seconds: float) -> Outcome:
    """Run a program in a session of its own, and take with it what it leaves behind; raises OSError."""
    deadline = time.monotonic() + seconds
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        env=env,
        start_new_session=True,
    )
    output = bytearray()
    try:
        _drain(process, output, deadline)
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        outcome = Outcome.hang(f"the command had not ended after {seconds:g} s")
    else:
        outcome = _outcome(process.returncode)
    finally:
        _end(process)
    return replace(outcome, output=output.decode(errors="replace"))


def _drain(process: subprocess.Popen[bytes], output: bytearray, deadline: float) -> None:
    """Read what it writes to its end, and keep the last 64 KiB."""
    assert process.stdout is not None
    source = process.stdout.fileno()
    poll = select.poll()
    poll.register(source, select.POLLIN)
    while time.monotonic() < deadline:
        if poll.poll(_SLICE_MS):
            data = os.read(source, _CHUNK)
            if not data:
                return
            output += data
            del output[:-MAX_OUTPUT]
        elif process.poll() is not None:
            # It has ended; a process that it left behind keeps the pipe open.
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    # No such group: all are gone. Not permitted: macOS says so of a group of zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # A program that we may not signal (another user's) is left behind rather than waited for.
    with suppress(subprocess.TimeoutExpired):
        process.wait(_KILL_PATIENCE)
    assert process.stdout is not None
    process.stdout.close()


def _outcome(status: int) -> Outcome:
    """Say what an exit status means, as subprocess counts it: negative for a signal."""
    if status == 0:
        return Outcome.success()
    if status > 0:
        return Outcome.failure(type=f"exit status {status}")
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return Outcome.crash(f"the command was ended by {name}")
