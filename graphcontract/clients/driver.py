"""One running driver and the calls that it holds: sent as they come, answered in any order.

Knows which thread waits for which answer, and what becomes of the calls in flight when one goes wrong. It
neither starts a driver nor replaces one.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace

from graphcontract.clients import messages
from graphcontract.clients.pipes import BrokenError, Channel
from graphcontract.exchange import Call, Outcome, grace

_INTERRUPTED = Outcome.unsupported("the driver was ended because the run was interrupted")
_LEFT = Outcome.unsupported("the driver was ended after its last call")


@dataclass(slots=True, eq=False)
class _InFlight:
    """A call that was sent: where in the driver's output it began, and its outcome once there is one."""

    seq: int
    seconds: float
    deadline: float
    mark: int
    answered: int
    outcome: Outcome | None = None


class Driver:
    """A driver that has said who it is, called from any threads; it is sent at most `holds` calls at once.

    An answer that is none, or its end, is a `crash` of every call in flight. A call that hangs is a `hang`
    of that call alone: the driver is sent no other, keeps those it has until they are answered or overdue
    themselves, and is ended when the last has left. What it writes besides is the output of every call in
    flight; what it writes while there is none, of the next.
    """

    def __init__(self, channel: Channel, holds: int) -> None:
        self._channel = channel
        self._holds = holds
        self._lock = threading.RLock()  # for what follows
        self._changed = threading.Condition(self._lock)
        self._calls: dict[int, _InFlight] = {}
        self._overdue: set[int] = set()
        self._reader: _InFlight | None = None
        self._answered = 0
        self._heard = 0
        self._verdict: Outcome | None = None
        self._ending = threading.Lock()  # for the end of the channel
        self.ended = False

    @property
    def done(self) -> bool:
        """Whether it takes no further call: it broke, let a call hang, or was ended."""
        return self._verdict is not None or bool(self._overdue)

    def ask(self, seq: int, call: Call) -> Outcome | None:
        """Make one call and wait for its outcome, at most its timeout and grace; None where it was not sent.

        An interrupt ends the driver, and other calls in flight are `unsupported`: they judge nothing.
        """
        line, seconds = messages.write_call(seq, call), call.timeout + grace(call.timeout)
        try:
            mine = self._send(seq, line, seconds)
            if mine is None:
                return None
            self._await(mine)
            return self._leave(mine)
        except BaseException:
            self.end(_INTERRUPTED)
            raise

    def end(self, verdict: Outcome, farewell: bytes = b"", patience: float = 0.0) -> Outcome:
        """End the driver and what it started, once; calls in flight get the first verdict, which is returned.

        It is told farewell and has `patience` seconds to end by itself, none with calls in flight.
        """
        with self._lock:
            verdict = self._verdict = self._verdict or verdict
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
        return verdict

    def _send(self, seq: int, line: bytes, seconds: float) -> _InFlight | None:
        """Send a call when there is room for it; None where the driver is done."""
        with self._lock:
            self._changed.wait_for(lambda: self.done or len(self._calls) < self._holds)
            if self.done:
                return None
            mark = self._channel.kept if self._calls else self._heard
            mine = _InFlight(seq, seconds, time.monotonic() + seconds, mark, self._answered)
            self._calls[seq] = mine
            self._channel.send(line)
            return mine

    def _await(self, mine: _InFlight) -> None:
        """Wait until a call has its outcome or the driver is at its end; read for all where nobody does."""

        def settled() -> bool:
            return mine.outcome is not None or self._verdict is not None

        try:
            with self._lock:
                rest = mine.deadline - time.monotonic()
                if not self._changed.wait_for(lambda: self._reader is None or settled(), rest):
                    self._give_up(mine)
                if settled():
                    return
                self._reader = mine
            while not settled():
                self._read(mine)
        finally:
            with self._lock:
                if self._reader is mine:
                    self._reader = None
                    self._changed.notify_all()

    def _read(self, mine: _InFlight) -> None:
        """Take in one line, whosever it is, or find that the time of the call whose thread reads is up."""
        try:
            line = self._channel.next_line(mine.deadline)
        except BrokenError as error:
            self._condemn(f"the driver gave no answer: {error}")
            return
        if line is not None:
            self._hand_out(line)
        elif time.monotonic() >= mine.deadline:
            with self._lock:
                self._give_up(mine)

    def _hand_out(self, line: bytes) -> None:
        with self._lock:
            awaited = {seq for seq, each in self._calls.items() if each.outcome is None} | self._overdue
        try:
            seq, outcome = messages.read_reply_to_any(line, awaited)
        except messages.MessageError as error:
            self._channel.keep(line)
            self._condemn(f"the driver answered with {error}")
            return
        with self._lock:
            call = self._calls.get(seq)
            if call is not None and call.outcome is None:
                call.outcome = outcome
                self._answered += 1
                self._changed.notify_all()

    def _give_up(self, mine: _InFlight) -> None:
        """Let a call be overdue, unless it has its outcome; the lock is held."""
        if mine.outcome is None and self._verdict is None:
            others = "it answered other calls meanwhile" if self._answered > mine.answered else None
            why = others or self._channel.silence or "it wrote nothing"
            mine.outcome = Outcome.hang(f"the driver gave no answer within {mine.seconds:g} s: {why}")
            self._overdue.add(mine.seq)

    def _condemn(self, reason: str) -> None:
        with self._lock:
            self._verdict = self._verdict or Outcome.crash(reason, died=True)
            self._changed.notify_all()

    def _leave(self, mine: _InFlight) -> Outcome:
        """Give a call's outcome; end the driver where it is done and nobody else has to be waited for."""
        with self._lock:
            del self._calls[mine.seq]
            last, outcome = not self._calls, mine.outcome
            self._heard = self._channel.kept
            output = self._channel.output_since(mine.mark)
            self._changed.notify_all()
        if outcome is None or (last and self.done):
            verdict = self.end(_LEFT)
            outcome = outcome or verdict
            output = self._channel.output_since(mine.mark)
        return replace(outcome, output=output) if output else outcome
