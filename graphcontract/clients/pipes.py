"""One child process and its three pipes: a line out, a line in, each by a deadline.

Knows processes and bytes; it must not know what the lines say. It works in the threads that call it, and
whatever the child does costs bounded memory and bounded time.
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

    `receive`, `next_line`, `keep` and `end` are for one thread at a time, all else is for any thread.
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
        self._lock = threading.Lock()  # for what follows
        self._unsent = bytearray()
        self._deaf = False
        self._output = bytearray()
        self._kept = 0
        self._ending = False

    @property
    def kept(self) -> int:
        """How many bytes of output have been read so far."""
        return self._kept

    @property
    def silence(self) -> str | None:
        """What the child left undone where no line comes; None where it wrote no part of one."""
        if self._unsent:
            return "it did not read its standard input"
        return "it wrote no end of line" if self._partial and not self._lines else None

    def send(self, line: bytes) -> None:
        """Write a line, the rest of one that the child does not take at once while lines are waited for."""
        with self._lock:
            self._unsent += line
            self._write()

    def receive(self, deadline: float) -> bytes:
        """Wait for the next line of standard output, without its end; raises SilentError or BrokenError."""
        while time.monotonic() < deadline:
            if (line := self.next_line(deadline)) is not None:
                return line
        raise SilentError(self.silence or ("it wrote nothing else" if self._kept else "it wrote nothing"))

    def next_line(self, until: float) -> bytes | None:
        """Give the next line, None where none has come after a short while; raises BrokenError.

        What the child wrote to standard error before that line is kept by then.
        """
        if not self._lines:
            if self._stdout not in self._open:
                raise self._broken("it closed its standard output")
            # The child may be gone while one of its own children keeps the pipe open.
            gone = self._process.poll() is not None
            if not self._pump(until) and (gone or self._deaf):
                raise self._broken("it ended" if gone else "it closed its standard input")
            if not self._lines:
                return None
        self._drain()
        return self._lines.popleft()

    def keep(self, line: bytes) -> None:
        """Count a line of standard output among the other output, at most its first 4 KiB."""
        self._keep(line[:_STRAY_LINE] + b"\n")

    def output_since(self, mark: int) -> str:
        """Give what was read since `kept` was `mark`, besides the lines received: its last 64 KiB."""
        with self._lock:
            new = self._kept - mark
            return self._output[-new:].decode(errors="replace") if new else ""

    def end(self, farewell: bytes = b"", patience: float = 0.0) -> None:
        """Say farewell, give the child `patience` seconds to end, then end its process group by force.

        Takes what the child left in its group with it, however the child itself ended.
        """
        deadline = time.monotonic() + patience
        self._keep_stray()
        self._ending = True
        try:
            self.send(farewell)
            self._unsent.clear()
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

    def _pump(self, until: float) -> bool:
        """Wait for a pipe, a short while at the most, and read and write; False where no pipe was ready.

        Standard output is left alone while a line of it waits, so that a flood of lines stays in the child.
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
        """Write what the child takes now; the lock is held."""
        try:
            while self._unsent:
                del self._unsent[: os.write(self._stdin, self._unsent)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._deaf = True
            self._unsent.clear()

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
        with self._lock:
            self._output += data
            del self._output[:-MAX_OUTPUT]
            self._kept += len(data)

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
