"""What goes wrong on the wire on purpose: what of an answer is sent, and what its connection does then.

Knows answers in bytes, and no socket. Each fault takes the place of one answer of a script:

- `refused`: nothing listens at the root, for the whole stage; only as a script's first answer.
- `reset-at-connect`, `reset-in-request`: the connection is reset once it is made, or with the first
  byte that comes over it (under TLS, after the handshake), and nothing of the request is recorded. A
  connection that was kept from before is reset with the first byte by either.
- `reset`, `closed`, `stalled`: the whole request is answered by a reset, by a clean end of the stream,
  or by nothing until the stage is finished.
- `half-head`, `half-content`: the answer is cut, then the stream ends. The head is cut inside the
  status code, since a client may understand a 204 without the rest.
- `garbage`: bytes that are no HTTP, though 204 stands where a status would, then the stream ends.
- `dripped`: a byte of the answer every `Answer.drip` seconds, its head without end.
- `idle-closed`: the answer, then the kept connection is closed without a word before the next request.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from graphcontract.exchange import Fault
from graphcontract.http.stub_response import Rendered, StubResponse

Ending = Literal["shut", "close", "reset", "hold"]

_ENDINGS: Mapping[Fault, Ending] = {
    "refused": "reset",
    "reset-at-connect": "reset",
    "reset-in-request": "reset",
    "reset": "reset",
    "closed": "shut",
    "stalled": "hold",
    "half-head": "shut",
    "half-content": "shut",
    "garbage": "shut",
    "dripped": "hold",
    "idle-closed": "close",
}
_GARBAGE = b"\x00\x01\xfe\xff 204 this is not HTTP\r\n\r\n"
_NOTHING = Rendered(
    before=b"", final=b"", stray=b"", status=0, fields=(), content=b"", interim=(), close=False
)


def check(answer: StubResponse, *, first: bool) -> None:
    """Refuse with a ValueError what cannot be shown: a refusal after the first answer, half of nothing."""
    if answer.fault == "refused" and not first:
        raise ValueError("only the first answer of a script can be refused, and the whole stage is then")
    whole_anyway = (
        not answer.content or answer.status in (204, 304) or answer.framing in ("none", "to-the-end")
    )
    if answer.fault == "half-content" and whole_anyway:
        raise ValueError("half-content needs content, and a framing that tells how much of it is missing")


def ending(answer: StubResponse, rendered: Rendered) -> Ending | None:
    """What the connection does once the answer is sent: None goes on to the next request, `shut` ends our
    direction, `close` and `reset` end both, `hold` ends neither and answers nothing more.
    """
    if answer.fault is not None:
        return _ENDINGS[answer.fault]
    return "shut" if rendered.close else None


def as_sent(answer: StubResponse, rendered: Rendered) -> Rendered:
    """What is sent of an answer with its fault; `status` is 0 where nothing tells one."""
    if answer.fault in (None, "idle-closed"):
        return rendered
    head, end, body = rendered.final.partition(b"\r\n\r\n")
    match answer.fault:
        case "half-head":
            cut = head[: head.index(b" ") + 2]
            return replace(_NOTHING, before=rendered.before, interim=rendered.interim, final=cut)
        case "half-content":
            half = len(rendered.content) // 2
            size, mark, _ = body.partition(b"\r\n") if answer.framing == "chunked" else (b"", b"", b"")
            cut = head + end + body[: len(size + mark) + half]
            return replace(rendered, final=cut, content=rendered.content[:half], stray=b"")
        case "garbage":
            return replace(_NOTHING, before=rendered.before, interim=rendered.interim, final=_GARBAGE)
        case "dripped":
            return replace(rendered, final=head + b"\r\nX-Dripped: ", content=b"", stray=b"")
        case _:
            return _NOTHING


def drops(data: bytes) -> Iterator[bytes]:
    """The bytes of a dripped answer one by one, and then dots for ever."""
    return itertools.chain((data[at : at + 1] for at in range(len(data))), itertools.repeat(b"."))
