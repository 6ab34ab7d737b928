"""Writes the two optional files of a live run: the request log (anonymized) and the bodies (complete, without
tokens).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from graphcontract.clauses.service_queries import final_response, status_to
from graphcontract.errors import UserError
from graphcontract.judging.redaction import Redactor
from graphcontract.live.anonymize import Anonymizer
from graphcontract.live.steps import SentExchange
from graphcontract.reporting.report_file import check_writable
from graphcontract.wire import WireRequest, WireResponse


class RecordingError(UserError):
    """A file that cannot be written, or must not be."""

    code = "recording"


@dataclass
class Recording:
    """Writes each exchange to the files, which only the owner can read. They are checked at the start, and
    opened with the first exchange: a run that is refused leaves them as they were.
    """

    request_log: Path | None
    bodies: Path | None
    anonymizer: Anonymizer
    _log: TextIO | None = None
    _bodies: TextIO | None = None

    def __enter__(self) -> Recording:
        for path in (self.request_log, self.bodies):
            if path is not None:
                with _as_recording_error(path):
                    _reject_standard_output(path)
                    check_writable(path)
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._log, self._bodies):
            if stream is not None:
                stream.close()

    def record(self, sent: SentExchange) -> None:
        """Write an exchange to the files at once."""
        if self.request_log is not None and not sent.by_client:
            self._log = self._log or _open_private(self.request_log)
            _write(self._log, self._format_line(sent))
        if self.bodies is not None:
            self._bodies = self._bodies or _open_private(self.bodies)
            _write(self._bodies, self._format_exchange(sent))

    def _format_line(self, sent: SentExchange) -> dict[str, Any]:
        step, response = sent.step, final_response(sent)
        request = sent.requests[0] if sent.requests else None
        line: dict[str, Any] = {
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "purpose": step.purpose,
            "method": step.method,
            "target": self.anonymizer.anonymize_target(step),
            "status": status_to(sent),
            "seconds": round(sent.ended - sent.started, 3),
        }
        if request is not None:
            line["client-request-id"] = self.anonymizer.extract_request_id(
                request.values("client-request-id")
            )
        if response is not None:
            line |= {"request-id": self.anonymizer.extract_request_id(response.values("request-id"))}
            line |= {"code": self.anonymizer.extract_code(response)}
        return {name: value for name, value in line.items() if value is not None}

    def _format_exchange(self, sent: SentExchange) -> dict[str, Any]:
        redactor = Redactor([*self.anonymizer.tokens, sent.call.token])
        return {
            "purpose": sent.step.purpose,
            "side": "client" if sent.by_client else "tenant",
            "requests": [_format_message(each, redactor) for each in sent.requests],
            "responses": [_format_message(each, redactor) for each in sent.responses],
        }


def _format_message(message: WireRequest | WireResponse, redactor: Redactor) -> str:
    head, gap, content = message.raw.partition(b"\r\n\r\n")
    return redactor.head(head.decode("latin-1")) + (gap + redactor.content(content)).decode(
        "utf-8", "replace"
    )


def _write(stream: TextIO, line: Mapping[str, Any]) -> None:
    stream.write(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n")
    stream.flush()


def _open_private(path: Path) -> TextIO:
    with _as_recording_error(path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        if not path.exists():
            flags |= os.O_EXCL
        handle = os.open(path, flags, 0o600)
        if os.path.isfile(path):
            os.fchmod(handle, 0o600)
    return open(handle, "w", encoding="utf-8", newline="\n")


@contextmanager
def _as_recording_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RecordingError(f"{path} cannot be written", cause=error.strerror or "") from error


def _reject_standard_output(path: Path) -> None:
    """Raise RecordingError for a terminal or a job's log: bodies can contain people's names and addresses."""
    if str(path) == "-" or (path.exists() and not path.is_file()):
        raise RecordingError(f"{path} is not a file", "Give a file for request logs and bodies.")
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            if path.exists() and os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                raise RecordingError(f"{path} is standard output", "Choose another file.")
