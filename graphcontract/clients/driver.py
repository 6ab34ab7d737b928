"""One running driver and its calls in flight: several threads send calls, and replies come in any order.

Threads: every caller waits in its own thread; there is no reader thread. One waiting caller at a time is the
*reader*: it reads replies and hands each to the call that it belongs to, and when its own call is done,
another waiting caller becomes the reader. `_lock` protects all state. The reader does not hold it while it
waits for a line, so that other calls can be sent meanwhile. `process` starts and replaces drivers.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from functools import partial

from graphcontract.clients import messages
from graphcontract.clients.pipes import BrokenError, Channel
from graphcontract.exchange import Call, Outcome, grace

_INTERRUPTED = Outcome.unsupported("the driver was ended because the run was interrupted")
_LEFT = Outcome.unsupported("the driver was ended after its last call")


@dataclass(slots=True, eq=False)
class _InFlight:
    """A call that was sent: its deadline, where in the driver's output it began (`mark`), how many replies
    had come by then (`replies_before`), and its outcome.
    """

    seq: int
    seconds: float
    deadline: float
    mark: int
    replies_before: int
    outcome: Outcome | None = None


class Driver:
    """A driver that has replied to `start`; any thread may call it. It gets at most `holds` calls at once.

    A malformed reply, or the end of its output, is a `crash` of every call in flight. A call that hangs is a
    `hang` of that call only: the driver gets no further calls, keeps those that it has until they are replied
    to or hang too, and is ended after the last. What it writes apart from replies is the output of every call
    in flight; what it writes while none is, of the next call.
    """

    def __init__(self, channel: Channel, holds: int) -> None:
        self._channel = channel
        self._holds = holds
        self._lock = threading.RLock()  # protects the members below
        self._changed = threading.Condition(self._lock)
        self._calls: dict[int, _InFlight] = {}
        self._overdue: set[int] = set()
        self._reader: _InFlight | None = None
        self._replies = 0
        self._output_mark = 0
        self._final_outcome: Outcome | None = None
        self._ending = threading.Lock()  # held while the channel is ended, which happens once
        self.ended = False

    @property
    def done(self) -> bool:
        """Whether it gets no further call: it failed, let a call hang, or was ended."""
        return self._final_outcome is not None or bool(self._overdue)

    def call(self, seq: int, call: Call) -> Outcome | None:
        """Make one call and wait for its outcome, at most its timeout and grace; None if it was not sent.

        KeyboardInterrupt ends the driver, and other calls in flight become `unsupported`, which no clause
        examines.
        """
        line, seconds = messages.write_call(seq, call), call.timeout + grace(call.timeout)
        try:
            mine = self._send(seq, line, seconds)
            if mine is None:
                return None
            if call.cancelled is not None:
                call.cancelled.subscribe(partial(self._cancel, mine))
            self._await(mine)
            return self._leave(mine)
        except BaseException:
            self.end(_INTERRUPTED)
            raise

    def end(self, final_outcome: Outcome, farewell: bytes = b"", patience: float = 0.0) -> Outcome:
        """End the driver and its processes, once. Calls in flight get the outcome of the first `end`, which
        is returned.

        The driver gets `farewell` and `patience` seconds to end by itself, none if calls are in flight.
        """
        with self._lock:
            final_outcome = self._final_outcome = self._final_outcome or final_outcome
            patience = 0.0 if self._calls else patience
            self._changed.notify_all()
        with self._ending:
            with self._lock:
                self._changed.wait_for(lambda: self._reader is None)
            if not self.ended:
                try:
                    self._channel.end(farewell, patience)
                finally:
                    self.ended = True
        return final_outcome

    def _send(self, seq: int, line: bytes, seconds: float) -> _InFlight | None:
        """Send a call as soon as fewer than `holds` are in flight; None if the driver is done."""
        with self._lock:
            self._changed.wait_for(lambda: self.done or len(self._calls) < self._holds)
            if self.done:
                return None
            mark = self._channel.output_size if self._calls else self._output_mark
            mine = _InFlight(seq, seconds, time.monotonic() + seconds, mark, self._replies)
            self._calls[seq] = mine
            self._channel.send(line)
            return mine

    def _cancel(self, mine: _InFlight) -> None:
        """Tell the driver to cancel a call, unless it has replied to it."""
        with self._lock:
            if mine.outcome is None and self._calls.get(mine.seq) is mine and self._final_outcome is None:
                self._channel.send(messages.write_cancel(mine.seq))

    def _await(self, mine: _InFlight) -> None:
        """Wait until a call has its outcome or the driver has ended; be the reader if no other thread is."""

        def is_settled() -> bool:
            return mine.outcome is not None or self._final_outcome is not None

        try:
            with self._lock:
                rest = mine.deadline - time.monotonic()
                if not self._changed.wait_for(lambda: self._reader is None or is_settled(), rest):
                    self._give_up(mine)
                if is_settled():
                    return
                self._reader = mine
            while not is_settled():
                self._read(mine)
        finally:
            with self._lock:
                if self._reader is mine:
                    self._reader = None
                    self._changed.notify_all()

    def _read(self, mine: _InFlight) -> None:
        """Read one line, of any call, or find that the reader's own call is overdue."""
        try:
            line = self._channel.poll_line(mine.deadline)
        except BrokenError as error:
            self._fail(f"the driver did not reply: {error}")
            return
        if line is not None:
            self._dispatch(line)
        elif time.monotonic() >= mine.deadline:
            with self._lock:
                self._give_up(mine)

    def _dispatch(self, line: bytes) -> None:
        with self._lock:
            awaited = {seq for seq, each in self._calls.items() if each.outcome is None} | self._overdue
        try:
            seq, outcome = messages.read_reply_to_any(line, awaited)
        except messages.MessageError as error:
            self._channel.keep_output(line)
            self._fail(f"the driver replied with {error}")
            return
        with self._lock:
            call = self._calls.get(seq)
            if call is not None and call.outcome is None:
                call.outcome = outcome
                self._replies += 1
                self._changed.notify_all()

    def _give_up(self, mine: _InFlight) -> None:
        """Make a call without an outcome a hang. Call this with the lock held."""
        if mine.outcome is None and self._final_outcome is None:
            others = "it replied to other calls meanwhile" if self._replies > mine.replies_before else None
            why = others or self._channel.describe_silence or "it wrote nothing"
            mine.outcome = Outcome.hang(f"the driver did not reply within {mine.seconds:g} s: {why}")
            self._overdue.add(mine.seq)

    def _fail(self, reason: str) -> None:
        with self._lock:
            self._final_outcome = self._final_outcome or Outcome.crash(reason, died=True)
            self._changed.notify_all()

    def _leave(self, mine: _InFlight) -> Outcome:
        """Return a call's outcome; end the driver if it is done and no other call is in flight."""
        with self._lock:
            del self._calls[mine.seq]
            last, outcome = not self._calls, mine.outcome
            self._output_mark = self._channel.output_size
            output = self._channel.output_since(mine.mark)
            self._changed.notify_all()
        if outcome is None or (last and self.done):
            final_outcome = self.end(_LEFT)
            outcome = outcome or final_outcome
            output = self._channel.output_since(mine.mark)
        return replace(outcome, output=output, sent=mine.deadline - mine.seconds)
