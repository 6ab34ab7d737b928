"""The two files that a live run may write besides reports: the request log, and bodies if they are asked for.

Knows files; what the log may hold the keeper says.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from graphcontract.clauses.service_queries import final_response, status_to
from graphcontract.errors import UserError
from graphcontract.exchange import WireRequest, WireResponse
from graphcontract.judging.redaction import Redactor
from graphcontract.live.anonymize import Anonymizer
from graphcontract.live.executor import SentExchange


class RecordingError(UserError):
    """A file that cannot be written, or must not be."""


@dataclass
class Recording:
    """Hears each exchange. Both files can be read by their owner alone."""

    request_log: Path | None
    bodies: Path | None
    keeper: Anonymizer
    _log: TextIO | None = None
    _bodies: TextIO | None = None
    _count: int = field(default=0)

    def __enter__(self) -> Recording:
        try:
            self._log = _private(self.request_log)
            self._bodies = _private(self.bodies)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._log, self._bodies):
            if stream is not None:
                stream.close()

    def hear(self, kept: SentExchange) -> None:
        """Write an exchange down, at once."""
        self._count += 1
        if self._log is not None and not kept.by_client:
            _write(self._log, self._line(kept))
        if self._bodies is not None:
            _write(self._bodies, self._whole(kept))

    def _line(self, kept: SentExchange) -> dict[str, Any]:
        exchange, step = kept.exchange, kept.step
        answer = final_response(exchange)
        request = exchange.requests[0] if exchange.requests else None
        line: dict[str, Any] = {
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "purpose": step.purpose,
            "method": step.method,
            "target": self.keeper.target(step),
            "status": status_to(exchange),
            "seconds": round(exchange.ended - exchange.started, 3),
        }
        if request is not None:
            line["client-request-id"] = self.keeper.request_id(request.values("client-request-id"))
        if answer is not None:
            line |= {"request-id": self.keeper.request_id(answer.values("request-id"))}
            line |= {"code": self.keeper.code(answer)}
        return {name: value for name, value in line.items() if value is not None}

    def _whole(self, kept: SentExchange) -> dict[str, Any]:
        redactor = Redactor([*self.keeper.tokens, kept.exchange.call.token])
        return {
            "purpose": kept.step.purpose,
            "side": "client" if kept.by_client else "tenant",
            "requests": [_text(each, redactor) for each in kept.exchange.requests],
            "responses": [_text(each, redactor) for each in kept.exchange.responses],
        }


def _text(message: WireRequest | WireResponse, redactor: Redactor) -> str:
    head, gap, content = message.raw.partition(b"\r\n\r\n")
    return redactor.head(head.decode("latin-1")) + (gap + redactor.content(content)).decode(
        "utf-8", "replace"
    )


def _write(stream: TextIO, line: Mapping[str, Any]) -> None:
    stream.write(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n")
    stream.flush()


def _private(path: Path | None) -> TextIO | None:
    if path is None:
        return None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        if not path.exists():
            flags |= os.O_EXCL
        _not_standard_output(path)
        handle = os.open(path, flags, 0o600)
        if os.path.isfile(path):
            os.fchmod(handle, 0o600)
    except OSError as error:
        raise RecordingError(f"{path} cannot be written: {error.strerror}") from error
    return open(handle, "w", encoding="utf-8", newline="\n")


def _not_standard_output(path: Path) -> None:
    """What people's names and addresses may stand in goes to no terminal, and into no log of a job."""
    if str(path) == "-" or (path.exists() and not path.is_file()):
        raise RecordingError(f"{path} is no file: bodies and request logs are kept in files alone")
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            if path.exists() and os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                raise RecordingError(f"{path} is standard output: name another file")
