"""Clients for runs of the command line, by name: `python:tests.cli.adapters:gullible`."""

from __future__ import annotations

import socket
import unicodedata
from pathlib import Path

from graphcontract.clients.reference import make_call
from graphcontract.exchange import Call, Outcome


def gullible(call: Call) -> Outcome:
    """Takes every answer for success."""
    outcome = make_call(call)
    return Outcome.success() if outcome.kind == "failure" else outcome


def fixable(call: Call) -> Outcome:
    """Takes every answer for success until it is fixed: there is a file `fixed` in the working folder."""
    return make_call(call) if Path("fixed").exists() else gullible(call)


def idle(_call: Call) -> Outcome:
    """Can express no call at all."""
    return Outcome.unsupported("not written yet")


def unfinished(call: Call) -> Outcome:
    """Can express no call with a control character."""
    if any(unicodedata.category(each) == "Cc" for each in call.token + call.task_id):
        return Outcome.unsupported("not written yet")
    return make_call(call)


def finicky(call: Call) -> Outcome:
    """Takes GUIDs alone."""
    return make_call(call) if call.task_id.count("-") == 4 else Outcome.rejected("no GUID")


def aloof(_call: Call) -> Outcome:
    """Keeps to hosts of its own."""
    return Outcome.rejected("127.0.0.1 is not an allowed host")


def claiming(_call: Call) -> Outcome:
    """Sends nothing, and says that all is done."""
    return Outcome.success()


def raw(call: Call) -> Outcome:
    """Knows nothing of httpx."""
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=call.timeout).close()
    except OSError as error:
        return Outcome.failure(kind="transport", message=str(error))
    return Outcome.success()
