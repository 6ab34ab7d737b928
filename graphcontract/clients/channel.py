"""One child process and its three pipes: a line out, a line in, each by a deadline.

Knows processes and bytes; it must not know what the lines say. It works in the thread that calls it, and
whatever the child does costs bounded memory and bounded time.
"""

from __future__ import annotations

import math
import os
import select
import signal
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress

MAX_LINE = 16 * 1024 * 1024
MAX_OUTPUT = 64 * 1024

_CHUNK = 64 * 1024
_CHUNKS_IN_A_PIPE = 16  # Linux lets a pipe hold 1 MiB at the most
_STRAY_LINE = 4 * 1024
_STRAY_LINES = 20
_SLICE = 0.05
_LAST_WORDS = 0.5
_TERM_PATIENCE = 0.5
_KILL_PATIENCE = 5.0


class SilentError(Exception):
    """The child did not take or give a whole line by the deadline; it may still run."""


class BrokenError(Exception):
    """The child can give no further line; `str()` says why, as in "it ended with exit status 3"."""


class Channel:
    """A running child, in a process group of its own; deadlines are in seconds of `time.monotonic()`.

    Making one raises OSError or ValueError where the command cannot be run; `end` must be called, once.
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
        self._output = bytearray()
        self._ending = False

    def send(self, line: bytes, deadline: float) -> None:
        """Write a line; raises SilentError where the child does not read it, BrokenError where it cannot."""
        rest = memoryview(line)
        while rest:
            try:
                rest = rest[os.write(self._stdin, rest) :]
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise SilentError("it did not read its standard input") from None
                self._pump(deadline, writing=True)
            except BrokenPipeError:
                raise self._broken("it closed its standard input") from None

    def receive(self, deadline: float) -> bytes:
        """Wait for the next line of standard output, without its end; raises SilentError or BrokenError.

        What the child wrote to standard error before that line is kept by then.
        """
        while not self._lines:
            if self._stdout not in self._open:
                raise self._broken("it closed its standard output")
            if time.monotonic() >= deadline:
                raise SilentError("it wrote nothing" if not self._partial else "it wrote no end of line")
            # The child may be gone while one of its own children keeps the pipe open.
            gone = self._process.poll() is not None
            if not self._pump(deadline) and gone:
                raise self._broken("it ended")
        self._drain()
        return self._lines.popleft()

    def keep(self, line: bytes) -> None:
        """Count a line of standard output among the other output, at most its first 4 KiB."""
        self._keep(line[:_STRAY_LINE] + b"\n")

    def take_output(self) -> str:
        """Give, once, the last 64 KiB of what the child wrote besides the lines received."""
        text = self._output.decode(errors="replace")
        self._output.clear()
        return text

    def end(self, farewell: bytes = b"", patience: float = 0.0) -> None:
        """Say farewell, give the child `patience` seconds to end, then end its process group by force.

        Takes what the child left in its group with it, however the child itself ended.
        """
        deadline = time.monotonic() + patience
        self._keep_stray()
        self._ending = True
        try:
            with suppress(SilentError, BrokenError):
                self.send(farewell, deadline)
            self._streams[0].close()
            if not self._exits_by(deadline):
                self._signal(signal.SIGTERM)
                self._exits_by(time.monotonic() + _TERM_PATIENCE)
        finally:
            self._signal(signal.SIGKILL)
            # A child that we may not signal (another user's) is left behind rather than waited for.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_KILL_PATIENCE)
            for stream in self._streams:
                stream.close()

    def _pump(self, until: float, *, writing: bool = False) -> bool:
        """Wait for a pipe, a short while at the most, and read what is there; False where no pipe was ready.

        Standard output is left alone while a line of it waits, so that a flood of lines stays in the child.
        """
        poll = select.poll()
        for source in self._open:
            if source == self._stderr or self._ending or not self._lines:
                poll.register(source, select.POLLIN)
        if writing:
            poll.register(self._stdin, select.POLLOUT)
        seconds = max(0.0, min(until - time.monotonic(), _SLICE))
        ready = [descriptor for descriptor, _ in poll.poll(math.ceil(seconds * 1000))]
        for source in self._open.intersection(ready):
            self._read(source)
        return bool(ready)

    def _read(self, source: int) -> None:
        data = os.read(source, _CHUNK)
        if not data:
            self._open.discard(source)
        elif source == self._stderr:
            self._keep(data)
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

    def _keep(self, data: bytes) -> None:
        self._output += data
        del self._output[:-MAX_OUTPUT]

    def _keep_stray(self) -> None:
        """Count what was read and never received among the other output."""
        for line in [*self._lines, bytes(self._partial)][:_STRAY_LINES]:
            if line:
                self.keep(line)
        self._lines.clear()
        self._partial.clear()

    def _drain(self) -> None:
        """Read what already stands in the pipes."""
        for _ in range(_CHUNKS_IN_A_PIPE):
            if not self._pump(0.0):
                return

    def _exits_by(self, deadline: float) -> bool:
        while self._process.poll() is None:
            if time.monotonic() >= deadline:
                return False
            self._pump(min(deadline, time.monotonic() + 0.01))
        self._drain()
        return True

    def _broken(self, what: str) -> BrokenError:
        """Why no line can come, told by the exit status where there is one; hears the child's last words."""
        if not self._exits_by(time.monotonic() + _LAST_WORDS):
            return BrokenError(what)
        status = self._process.returncode
        if status >= 0:
            return BrokenError(f"it ended with exit status {status}")
        with suppress(ValueError):
            return BrokenError(f"it was ended by {signal.Signals(-status).name}")
        return BrokenError(f"it was ended by signal {-status}")

    def _signal(self, number: signal.Signals) -> None:
        # No such group: all are gone. Not permitted: macOS says so of a group of zombies.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
