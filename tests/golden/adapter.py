"""A `python:` adapter whose outcome depends on the id: one of each kind that an adapter can report."""

from __future__ import annotations

from graphcontract.exchange import Call, Outcome


def cancel(call: Call) -> Outcome:
    """Report the outcome that the id names; "crash" raises."""
    match call.task_id:
        case "success":
            return Outcome.success(status=204, request_id="r1")
        case "failure":
            return Outcome.failure(
                kind="http", type="GraphError", status=409, code="conflict", message="é", request_id="r2"
            )
        case "bare failure":
            return Outcome.failure()
        case "rejected":
            return Outcome.rejected("no such id")
        case "unsupported":
            return Outcome.unsupported("cannot be expressed")
    raise ValueError("a bug")
