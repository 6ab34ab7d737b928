"""The journal of what a run could change: a line is on the disk before the request is on the wire.

Knows lines and what they leave open; it sends nothing. Ids stand in it as they are, tokens and names of
people never: it stays on the machine that the run was on.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graphcontract.errors import UserError

DEFAULT = Path(".graphcontract", "live-journal.jsonl")
_GONE = (400, 404, 410, 422)
_MOST = 4 * 1024 * 1024


class JournalError(UserError):
    """A journal that cannot be read, written or gone on with."""


@dataclass
class Open:
    """What a run left behind: a task that was created or was to be cancelled, or a create without an answer.

    `file` and `sha256` name what a create was made of, `before` marks the tasks that there were.
    """

    id: str | None
    created: bool
    file: str | None = None
    sha256: str | None = None
    before: tuple[str, ...] = ()


@dataclass
class Journal:
    """An append-only file of JSON lines, each synced; one process at a time has it. `contract` is the id or
    the file of the run's contract, `action` what it asks for.
    """

    path: Path
    root: str
    tenant: str | None
    contract: str = ""
    action: str = ""
    _handle: int | None = None
    _described: bool = False

    def __enter__(self) -> Journal:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            self._handle = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise JournalError(f"the journal {self.path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.__exit__()
            raise JournalError(f"the journal {self.path} is in use by another run") from None
        try:
            self._end_torn_line()
            _sync_folder(self.path.parent)
        except OSError as error:
            self.__exit__()
            raise JournalError(f"the journal {self.path} cannot be written: {error.strerror}") from error
        return self

    def __exit__(self, *_: object) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def begin_anew(self) -> None:
        """Empty a journal that has nothing open, so that it does not grow from night to night."""
        assert self._handle is not None
        os.ftruncate(self._handle, 0)

    def intend(self, kind: str, **members: Any) -> None:
        """Say what is about to be sent: `create`, or `cancel` with its `id`."""
        if not self._described:
            run = {"root": self.root, "tenant": self.tenant, "contract": self.contract, "action": self.action}
            self._append({"event": "run", **run})
            self._described = True
        self._append({"event": "intend", "kind": kind, **members})

    def answered(self, kind: str, **members: Any) -> None:
        """Say what came of it."""
        self._append({"event": "answered", "kind": kind, **members})

    def shown(self, id: str, status: str | None, http: int) -> None:
        """Say what a read showed of a task that the journal is open for."""
        self._append({"event": "shown", "id": id, "status": status, "http": http})

    def _append(self, event: Mapping[str, Any]) -> None:
        assert self._handle is not None
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = json.dumps({"at": at, **event}, separators=(",", ":")).encode() + b"\n"
        try:
            os.write(self._handle, line)
            os.fsync(self._handle)
        except OSError as error:
            raise JournalError(f"the journal {self.path} cannot be written: {error.strerror}") from error

    def _end_torn_line(self) -> None:
        """A line that a dead run did not finish stays, and is skipped: what it announced was never sent."""
        assert self._handle is not None
        size = os.fstat(self._handle).st_size
        if size and os.pread(self._handle, 1, size - 1) != b"\n":
            os.write(self._handle, b"\n")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass
class Left:
    """What a journal says: where its runs were, and what they left behind, oldest first."""

    root: str | None = None
    tenant: str | None = None
    contract: str | None = None
    action: str | None = None
    open: list[Open] = field(default_factory=list)


def left_behind(path: Path) -> Left:
    """Read a journal; raises JournalError. There is none: nothing was left."""
    left, pending = Left(), dict[str, Open]()
    for event in _events(path):
        match event.get("event"):
            case "run":
                place = (_text(event, "root"), _text(event, "tenant"))
                action = _text(event, "action")
                if pending and (left.root, left.tenant, left.action) != (*place, action):
                    remedy = "use one --journal for each tenant and action"
                    raise JournalError(f"{path} is open for one tenant and goes on with another: {remedy}")
                left.root, left.tenant = place
                left.contract, left.action = _text(event, "contract"), action
            case "intend" | "answered" | "shown":
                _follow(event, pending)
    left.open = list(pending.values())
    return left


def _follow(event: Mapping[str, Any], pending: dict[str, Open]) -> None:
    kind, id = event.get("kind"), _text(event, "id")
    match event["event"], kind:
        case "intend", "create":
            before = event.get("before")
            marks = tuple(map(str, before)) if isinstance(before, list) else ()
            pending[""] = Open(None, True, _text(event, "file"), _text(event, "sha256"), marks)
        case "answered", "create":
            intended = pending.pop("", None)
            if intended is not None and id is not None:
                pending[id] = replace(intended, id=id)
            elif event.get("sure") is not True and intended is not None:
                pending[""] = intended
        case "intend", "cancel" if id is not None:
            pending.setdefault(id, Open(id, False))
        case "answered", "cancel" if id is not None:
            # A made-up id, or a refusal, leaves nothing behind; a task of ours stays until it is seen to end.
            if id in pending and not pending[id].created and event.get("sure") is True:
                del pending[id]
        case "shown", _ if id is not None:
            status, gone = event.get("status"), event.get("http") in _GONE
            ended = status in ("completed", "failed", "cancelled")
            known = id in pending and not pending[id].created and status is not None
            if ended or gone or known:
                pending.pop(id, None)
        case _:
            pass


def _events(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except FileNotFoundError:
        return
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be read: {error.strerror}") from error
    if len(data) > _MOST:
        raise JournalError(f"the journal {path} has more than {_MOST} bytes: put it away and begin another")
    for line in data.split(b"\n"):
        with suppress(ValueError, RecursionError):
            event = json.loads(line)
            if isinstance(event, dict):
                yield event


def _text(event: Mapping[str, Any], name: str) -> str | None:
    value = event.get(name)
    return value if isinstance(value, str) else None
