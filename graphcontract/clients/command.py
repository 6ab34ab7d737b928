"""The `command:` client: runs a program for each call, and takes its exit status as the outcome.

For `{url}` and `{path}` ids are percent-encoded here, so a clause on ids does not apply to such a command.
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
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from graphcontract.clients import ClientUnavailable, Limits, Start
from graphcontract.clients.isolation import NOT_ISOLATED
from graphcontract.clients.process import build_command, build_environment
from graphcontract.clients.python import parse_implementation
from graphcontract.exchange import Call, Outcome, grace

MAX_OUTPUT = 64 * 1024  # bytes of output that are kept: the last ones
TOKEN_VARIABLE = "GRAPHCONTRACT_TOKEN"  # noqa: S105 - a name, not a secret

_NAMES = ("base_url", "url", "method", "path", "token", "task_id", "timeout")
_CHUNK = 64 * 1024
_POLL_MS = 50  # how often it is checked whether the program has ended while a child holds its pipe open
_KILL_PATIENCE = 5.0  # seconds for the system to end a killed process


class CommandClient:
    """A command line with placeholders {base_url} {url} {method} {path} {token} {timeout}, and one for each
    of the `parameters` of the operation; {task_id} is that of an operation with one. It is run without a
    shell.

    `root` is the value of {base_url} in a call without one. The token is also in the environment, as
    GRAPHCONTRACT_TOKEN, since process lists show arguments. `implementation` is `NAME[@VERSION]`. ValueError
    for a command without {url} and {base_url}, unless it calls its `own_root`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        root: str,
        implementation: str | None = None,
        own_root: bool = False,
        parameters: Collection[str] = (),
    ) -> None:
        ids = [name for name in parameters if name not in _NAMES]
        self._placeholder = re.compile(rf"\{{({'|'.join((*_NAMES, *ids))})\}}")
        self._placeholders = {name for argument in argv for name in self._placeholder.findall(argument)}
        has_root_placeholder = bool(self._placeholders & {"url", "base_url"})
        if not own_root and not has_root_placeholder:
            raise ValueError(
                "the command needs {url} or {base_url} in an argument, so that its request goes to the test "
                "server; a command with a fixed root needs --transport proxy"
            )
        self._argv = tuple(argv)
        self._root = root
        self._start: Start | None = None
        self.implementation = parse_implementation(implementation or Path(argv[0]).name)
        self.limits = Limits(
            root="settable" if has_root_placeholder else "fixed", surface="generic", status=False
        )
        self.concurrency = 1
        self.budget: int | None = 20
        self.shows = frozenset({"id"} if self._placeholders & {"task_id", *ids} else ())

    def start(self, start: Start) -> None:
        """Find the program; raises ClientUnavailable."""
        program = self._argv[0]
        if shutil.which(program) is None:
            raise ClientUnavailable(
                f"the program `{program}` was not found",
                "Install it, or give its full path. It is run without a shell.",
            )
        self._start = start

    def call(self, call: Call) -> Outcome:
        """Run the command once and wait for its end, at most the call's timeout and its grace."""
        if self._start is None:
            raise RuntimeError("a call before start() or after close()")
        if reason := self._find_inexpressible(call):
            return Outcome.unsupported(reason)
        start = replace(self._start, ca_file=call.ca_file) if call.base_url else self._start
        env = build_environment(start, {TOKEN_VARIABLE: call.token})
        try:
            filled = [self._fill_placeholders(argument, call) for argument in self._argv]
            argv = [argument.encode() for argument in build_command(start, filled)]
            outcome = _run(argv, env, call.timeout + grace(call.timeout))
        except ValueError as error:  # NUL, or half of a surrogate pair
            return Outcome.unsupported(f"the id or the token cannot be passed on a command line: {error}")
        except OSError as error:
            if error.errno == errno.E2BIG:
                return Outcome.unsupported("the id or the token is too long for a command line")
            return Outcome.crash(f"`{self._argv[0]}` could not be run: {error.strerror}")
        if start.netns_socket is not None and outcome.output.startswith(NOT_ISOLATED):
            return Outcome.unsupported(outcome.output.strip())  # the command did not run
        return outcome

    def renew(self) -> None:
        """Do nothing: each call is a new process."""

    def close(self) -> None:
        """Do nothing more than reject later calls: no program runs between calls."""
        self._start = None

    def _find_inexpressible(self, call: Call) -> str | None:
        if "task_id" in self._placeholders and len(call.arguments) != 1:
            names = ", ".join(f"{{{name}}}" for name in call.arguments) or "no placeholder"
            return f"{{task_id}} is for an operation with one parameter: this one has {names}"
        unusable = [value for value in call.arguments.values() if value in ("", ".", "..")]
        if self._placeholders & {"url", "path"} and unusable:
            return f"{unusable[0]!r} cannot be a path segment of a URL"
        return None

    def _fill_placeholders(self, argument: str, call: Call) -> str:
        """Fill in an argument's placeholders in one pass: placeholders in a value are not filled."""
        root = call.base_url or self._root
        values = {
            "base_url": root,
            "token": call.token,
            "task_id": next(iter(call.arguments.values()), ""),
            "timeout": f"{call.timeout:g}",
        }
        values = {**call.arguments, **values}
        if call.request is not None:
            path = call.request.fill_in(call.arguments)
            values |= {"method": call.method, "path": path, "url": root + path}
        elif self._placeholders & {"method", "path", "url"}:
            raise ValueError("the call was not made for a contract: it has no request")
        return self._placeholder.sub(lambda found: values[found[1]], argument)


def _run(argv: Sequence[bytes], env: Mapping[str, str], seconds: float) -> Outcome:
    """Run a program in a new session, and kill the processes that it leaves behind; raises OSError."""
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
        outcome = _make_outcome(process.returncode)
    finally:
        _end(process)
    return replace(outcome, output=output.decode(errors="replace"))


def _drain(process: subprocess.Popen[bytes], output: bytearray, deadline: float) -> None:
    """Read its output to the end, and keep the last 64 KiB."""
    assert process.stdout is not None
    source = process.stdout.fileno()
    poll = select.poll()
    poll.register(source, select.POLLIN)
    while time.monotonic() < deadline:
        if poll.poll(_POLL_MS):
            data = os.read(source, _CHUNK)
            if not data:
                return
            output += data
            del output[:-MAX_OUTPUT]
        elif process.poll() is not None:
            # It has ended, but one of its children keeps the pipe open.
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    # ProcessLookupError: all have ended. PermissionError: macOS raises it for a group of zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # A program that cannot be signalled (another user's) is not waited for.
    with suppress(subprocess.TimeoutExpired):
        process.wait(_KILL_PATIENCE)
    assert process.stdout is not None
    process.stdout.close()


def _make_outcome(status: int) -> Outcome:
    """Make the outcome of an exit status, which subprocess gives as a negative number for a signal."""
    if status == 0:
        return Outcome.success()
    if status > 0:
        return Outcome.failure(type=f"exit status {status}")
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return Outcome.crash(f"the command was ended by {name}")
