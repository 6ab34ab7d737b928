"""Bounds how long a run waits for a client whose calls hang, fail at their own timeout, or are slow.

Only the seconds of such calls count, so that a busy machine does not change the verdicts on other clients.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphcontract.exchange import Exchange, grace
from graphcontract.wire import SILENT_FAULTS, WireResponse

# A usual call takes milliseconds, and a tenth of a second on a busy machine.
_SLOW_CALL = 0.3
# Seconds of slow calls, after which each further test makes one such call at most: its clauses are then not
# tried on every input class.
_TRIED = 10.0
# Seconds of hung and slow calls, after which no test begins. A run takes about ten seconds beside them, and
# must end within a minute on a busy machine too.
_ENDED = 20.0
_RETRYABLE = (429, 503, 504)
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_OTHER_WAIT = 2.0  # seconds that a client may choose without Retry-After, or that a date is away


def is_expensive(exchange: Exchange) -> bool:
    """Whether the client hung or ended: the call took its timeout, and the next one needs a new process."""
    return exchange.outcome.kind == "hang" or exchange.outcome.died


def is_slow(exchange: Exchange) -> bool:
    """Whether the client took long for a call without a reason, as when it fails at its own timeout."""
    return not is_expensive(exchange) and _find_lost_seconds(exchange) > _SLOW_CALL


def _find_lost_seconds(exchange: Exchange) -> float:
    """The seconds of a call for which its responses give no reason: that they asked the client to retry
    later, or that one never ended.
    """
    timeout = exchange.call.timeout
    if exchange.fault in SILENT_FAULTS or exchange.cancelled is not None:
        allowed = grace(timeout) + timeout
    else:
        retryable = (each for each in exchange.responses if each.status in _RETRYABLE)
        allowed = sum(_find_wait(each, timeout) for each in retryable)
    return _count_seconds(exchange) - allowed


def _count_seconds(exchange: Exchange) -> float:
    """The seconds of a call in which the machine did not stand still."""
    return max(0.0, exchange.ended - exchange.started - exchange.stalled)


def _find_wait(response: WireResponse, timeout: float) -> float:
    """How long a client may wait before it retries: not at all if that is beyond its timeout."""
    values = response.values("retry-after")
    if not values or not _SECONDS.fullmatch(values[0].strip()):
        return min(_OTHER_WAIT, timeout)
    return float(values[0]) if float(values[0]) < timeout else 0.0


@dataclass(eq=False, slots=True)
class Patience:
    """Counts the seconds of `slow` and of `hung` calls, of `threads` that make calls at the same time. A run
    over many operations adds to those that are `allowed`.
    """

    threads: int = 1
    slow: float = 0.0
    hung: float = 0.0
    allowed: float = _ENDED

    def add(self, exchange: Exchange) -> None:
        """Count an exchange."""
        if is_expensive(exchange):
            self.hung += _count_seconds(exchange)
        elif is_slow(exchange):
            self.slow += _find_lost_seconds(exchange)

    @property
    def tried(self) -> bool:
        """Whether slow calls took so long that one more in each test is enough."""
        return self.slow >= _TRIED * self.threads

    @property
    def ended(self) -> bool:
        """Whether hung and slow calls took so long that no further test begins."""
        return self.slow + self.hung >= self.allowed * self.threads


def describe_cut(left: int) -> str:
    """Why slow calls cut a test short, with `left` input classes of which no input was tried."""
    rest = f"{left} input classes were not tried" if left else "not all inputs were tried"
    return f"cut short: the client's calls took too long; {rest}"
