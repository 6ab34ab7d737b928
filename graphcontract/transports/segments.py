"""Cuts a response in parts that are sent one after another, with a pause between: TCP promises no more."""

from __future__ import annotations

from graphcontract.http.stub_response import Rendered
from graphcontract.wire import Split

# Bytes that are sent one by one: the status line and part of a field. On a busy machine, each pause takes
# several times as long as it should, and all of them together must stay well below a call's timeout.
_SINGLE = 24


def cut(sent: Rendered, split: Split | None) -> list[bytes]:
    """Cut what is sent of a response; the first part is empty if the pause comes before the response."""
    data = sent.before + sent.final + sent.stray
    if split is None:
        return [data]
    if split == "each-byte":
        return [*(data[at : at + 1] for at in range(_SINGLE)), data[_SINGLE:]]
    at = 0 if split == "at-start" else len(sent.before) + _find_cut(sent.final, split)
    return [data[:at], data[at:]] if at < len(data) else [data]


def _find_cut(final: bytes, split: Split) -> int:
    """The index in the final response at which it is cut."""
    line, head = final.index(b"\r\n"), final.index(b"\r\n\r\n") + 4
    match split:
        case "in-status":
            return final.index(b" ") + 2
        case "in-line-end":
            return line + 1
        case "in-fields":
            return (line + 2 + head) // 2
        case "in-head-end":
            return head - 2
        case "after-head":
            return head
        case "in-content":
            return (head + len(final)) // 2
        case _:
            return 0
