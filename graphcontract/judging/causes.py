"""Names what several violations may have in common: an exception of the client, a call that did not end, or a
request that could not be read. It comes from what the client did in the violating call, not from the clause.
"""

from __future__ import annotations

import re

from graphcontract.clauses.queries import abbreviate, find_unreadable_requests
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.inputs.tokens import CANARY
from graphcontract.judging.evaluator import Occurrence
from graphcontract.judging.redaction import Redactor

# Types that libraries raise for anything: only the message tells one cause from another.
_GENERIC = frozenset(
    {"Exception", "RuntimeError", "ValueError", "TypeError", "KeyError", "AttributeError", "OSError", "Error"}
)
_NAME = re.compile(r"[A-Za-z_][\w.]*")
# What differs from call to call in one and the same message: numbers, ids, quoted values.
_VARIABLE = re.compile(r"\"[^\"]*\"|'[^']*'|0x[0-9a-fA-F]+|[0-9a-fA-F]*[0-9][0-9a-fA-F-]*")
_LENGTH = 120
BLOCKED = "calls of the client wait for each other, as in an event loop that a call blocks"
"""The cause of calls that hang only beside other calls, or end only after another one's wait."""
WAITED = (
    "the client did not return from calls that it made beside others, and did return from such a call alone: "
    f"{BLOCKED}"
)
"""The note on calls that hang only beside other calls."""


def find_cause(contract: Contract, occurrence: Occurrence) -> str | None:
    """A short text that is the same for violations with the same cause; None if nothing but the clause itself
    describes the violation.
    """
    if occurrence.finding.kind == "blocked":
        return BLOCKED
    exchange = occurrence.finding.find_exchange(occurrence.trial)
    if exchange.surroundings and occurrence.trial.control is not None:
        return f"the client behaves differently with {', '.join(exchange.surroundings.values())}"
    if unreadable := find_unreadable_requests(contract, exchange):
        return f"a request that is not valid HTTP/1.1: {unreadable[0].malformed}"
    text = _describe_abnormal_end(contract, exchange)
    return _redact(text, occurrence.trial) if text else None


def _describe_abnormal_end(contract: Contract, exchange: Exchange) -> str | None:
    outcome = exchange.outcome
    if outcome.kind == "hang":
        return "the client did not return"
    if outcome.kind == "crash" and outcome.reason:
        return f"the client raised {_generalize(outcome.reason)}"
    responses = [each for each in exchange.responses if each.whole]
    if outcome.kind != "failure" or outcome.error is None or exchange.fault is not None or not responses:
        return None
    if responses[-1].status not in contract.success.statuses:
        return None
    named = [outcome.error.type or outcome.error.kind, outcome.error.message]
    return f"the client reported {_generalize(': '.join(filter(None, named)))}" if any(named) else None


def _generalize(text: str) -> str:
    """Leave out what differs between violations of one cause: all of a message after a type that names the
    cause by itself, else its variable parts.
    """
    type, colon, _message = text.partition(":")
    if colon and _NAME.fullmatch(type) and type.rpartition(".")[2] not in _GENERIC:
        return type
    return abbreviate(_VARIABLE.sub("…", text.partition("\n")[0]), _LENGTH)


def _redact(text: str, trial: Trial) -> str:
    return Redactor([CANARY, *(each.call.token for each in trial.exchanges)]).text(text)
