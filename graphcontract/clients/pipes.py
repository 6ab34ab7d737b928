"""Exchanges lines with one child process over its three pipes, each by a deadline.

Whatever the child does costs bounded memory and bounded time.

Threads: this module starts none; work is done in the threads that call. One thread at a time may read lines
(`driver` sees to that), and any thread may send. `_lock` protects what both use: the unsent bytes and the
output.
"""

from __future__ import annotations

import math
import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress

MAX_LINE = 16 * 1024 * 1024  # bytes of a reply (driver protocol); a longer line breaks the channel
MAX_OUTPUT = 64 * 1024  # bytes of other output that are kept: the last ones

_CHUNK = 64 * 1024
_CHUNKS_IN_A_PIPE = (
    16  # a Linux pipe holds at most 1 MiB, unless privileged: draining ends even under a flood
)
_STRAY_LINE = 4 * 1024  # bytes kept of a line of standard output that was not received as a reply
_STRAY_LINES = 20  # such lines kept when the channel ends
_SLICE = 0.05  # seconds of one wait, after which the end of the process and new bytes to send are noticed
_EXIT_PATIENCE = 0.5  # seconds for a child that closed a pipe to exit and write its last output
_TERM_PATIENCE = 0.5  # seconds between SIGTERM and SIGKILL
_KILL_PATIENCE = 5.0  # seconds for the system to end a killed process


class SilentError(Exception):
    """The child did not read or write a whole line by the deadline; it may still run."""


class BrokenError(Exception):
    """The child cannot send another line; `str()` says why, as in "it ended with exit status 3"."""


class Channel:
    """A running child, in a new process group; deadlines are in seconds of `time.monotonic()`.

    `receive`, `poll_line`, `keep_output` and `end` are for one thread at a time, everything else for any
    thread. The constructor raises OSError or ValueError if the command cannot be run; `end` must be called,
    once.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            argv, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, env=env, start_new_session=True
        )
        streams = (self._process.stdin, self._process.stdout, self._process.stderr)
        self._streams = [stream for stream in streams if stream is not None]
        self._stdin, self._stdout, self._stderr = (stream.fileno() for stream in self._streams)
        for stream in self._streams:
            os.set_blocking(stream.fileno(), False)
        self._open = {self._stdout, self._stderr}
        self._lines: deque[bytes] = deque()
        self._partial = bytearray()
        self._lock = threading.Lock()  # protects the members below
        self._unsent = bytearray()
        self._stdin_closed = False
        self._output = bytearray()
        self._output_size = 0
        self._ending = False

    @property
    def output_size(self) -> int:
        """How many bytes of output, apart from received lines, have been read so far."""
        return self._output_size

    @property
    def describe_silence(self) -> str | None:
        """What the child did not do while no line came; None if it wrote no part of a line."""
        if self._unsent:
            return "it did not read its standard input"
        return "it wrote no end of line" if self._partial and not self._lines else None

    def send(self, line: bytes) -> None:
        """Write a line. What the pipe does not accept at once is written while lines are waited for."""
        with self._lock:
            self._unsent += line
            self._write()

    def receive(self, deadline: float) -> bytes:
        """Wait for the next line of standard output, without its line end; raises SilentError or
        BrokenError.
        """
        while time.monotonic() < deadline:
            if (line := self.poll_line(deadline)) is not None:
                return line
        raise SilentError(
            self.describe_silence or ("it wrote nothing else" if self._output_size else "it wrote nothing")
        )

    def poll_line(self, until: float) -> bytes | None:
        """Return the next line, or None if none has come within 50 ms; raises BrokenError.

        What the child wrote to standard error before that line has been read by then.
        """
        if not self._lines:
            if self._stdout not in self._open:
                raise self._make_broken_error("it closed its standard output")
            # The child may have ended while one of its children keeps the pipe open.
            gone = self._process.poll() is not None
            if not self._pump(until) and (gone or self._stdin_closed):
                raise self._make_broken_error("it ended" if gone else "it closed its standard input")
            if not self._lines:
                return None
        self._drain()
        return self._lines.popleft()

    def keep_output(self, line: bytes) -> None:
        """Add a line of standard output to the other output, at most its first 4 KiB."""
        self._append_output(line[:_STRAY_LINE] + b"\n")

    def output_since(self, mark: int) -> str:
        """Return the output that was read since `output_size` was `mark`: its last 64 KiB."""
        with self._lock:
            new = self._output_size - mark
            return self._output[-new:].decode(errors="replace") if new else ""

    def end(self, farewell: bytes = b"", patience: float = 0.0) -> None:
        """Send `farewell`, give the child `patience` seconds to end, then kill its process group.

        Children that it left in its group are killed too, however the child itself ended.
        """
        deadline = time.monotonic() + patience
        self._append_stray_lines()
        self._ending = True
        try:
            self.send(farewell)
            self._unsent.clear()
            self._streams[0].close()
            if not self._wait_for_exit(deadline):
                self._signal(signal.SIGTERM)
                self._wait_for_exit(time.monotonic() + _TERM_PATIENCE)
        finally:
            self._signal(signal.SIGKILL)
            # A child that cannot be signalled (another user's) is not waited for.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_KILL_PATIENCE)
            for stream in self._streams:
                stream.close()

    def _pump(self, until: float) -> bool:
        """Wait up to 50 ms for a pipe, and read and write; False if no pipe was ready.

        Standard output is not read while a line waits to be received, so that a flood of lines stays in the
        child.
        """
        poll = select.poll()
        for source in self._open:
            if source == self._stderr or self._ending or not self._lines:
                poll.register(source, select.POLLIN)
        if self._unsent:
            poll.register(self._stdin, select.POLLOUT)
        seconds = max(0.0, min(until - time.monotonic(), _SLICE))
        ready = [descriptor for descriptor, _ in poll.poll(math.ceil(seconds * 1000))]
        for source in self._open.intersection(ready):
            self._read(source)
        if self._stdin in ready:
            with self._lock:
                self._write()
        return bool(ready)

    def _write(self) -> None:
        """Write what the pipe accepts now. Call this with the lock held."""
        try:
            while self._unsent:
                del self._unsent[: os.write(self._stdin, self._unsent)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._stdin_closed = True
            self._unsent.clear()

    def _read(self, source: int) -> None:
        data = os.read(source, _CHUNK)
        if not data:
            self._open.discard(source)
        elif source == self._stderr:
            self._append_output(data)
        elif not self._ending:
            self._split(data)

    def _split(self, data: bytes) -> None:
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._lines.append(bytes(self._partial) + end)
            self._partial.clear()
        self._partial += rest
        if len(self._partial) > MAX_LINE:
            raise BrokenError(f"it wrote a line of more than {MAX_LINE // 1024**2} MiB")

    def _append_output(self, data: bytes) -> None:
        with self._lock:
            self._output += data
            del self._output[:-MAX_OUTPUT]
            self._output_size += len(data)

    def _append_stray_lines(self) -> None:
        """Add lines that were read and never received to the other output."""
        for line in [*self._lines, bytes(self._partial)][:_STRAY_LINES]:
            if line:
                self.keep_output(line)
        self._lines.clear()
        self._partial.clear()

    def _drain(self) -> None:
        """Read what is already in the pipes."""
        for _ in range(_CHUNKS_IN_A_PIPE):
            if not self._pump(0.0):
                return

    def _wait_for_exit(self, deadline: float) -> bool:
        while self._process.poll() is None:
            if time.monotonic() >= deadline:
                return False
            self._pump(min(deadline, time.monotonic() + 0.01))
        self._drain()
        return True

    def _make_broken_error(self, what: str) -> BrokenError:
        """Make the error that says why no line can come: the exit status, else `what`. Reads the last
        output.
        """
        if not self._wait_for_exit(time.monotonic() + _EXIT_PATIENCE):
            return BrokenError(what)
        status = self._process.returncode
        if status >= 0:
            return BrokenError(f"it ended with exit status {status}")
        with suppress(ValueError):
            return BrokenError(f"it was ended by {signal.Signals(-status).name}")
        return BrokenError(f"it was ended by signal {-status}")

    def _signal(self, number: signal.Signals) -> None:
        # ProcessLookupError: all have ended. PermissionError: macOS raises it for a group of zombies.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
