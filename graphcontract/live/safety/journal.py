"""The journal of what a run could change: a line is on the disk before the request is on the wire.

It writes lines, reads them back, and says what they leave open; it sends nothing. The first line says that
the file is a journal, every line has its number, and a run that came to its own end has a line `end`: a
file that is something else, or only a part, is never taken for a journal with nothing open. Ids stand in
it as they are, tokens and names of people never: it stays on the machine that the run was on.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import NoneType, TracebackType
from typing import Any

from graphcontract.errors import UserError

DEFAULT = Path(".graphcontract", "live-journal.jsonl")
FORMAT = 1
_GONE = (400, 404, 410, 422)
_MOST = 4 * 1024 * 1024
_GIVE = f"give the file that the run wrote: {DEFAULT}, or what --journal named"
_AGAIN = "get the whole file from where the run wrote it; without it, look in the tenant's list of tasks"
_KINDS = ("create", "cancel")
_MEMBERS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "run": {"root": str, "tenant": (str, NoneType), "contract": str, "action": str, "may": dict},
    "intend": {"kind": str},
    "answered": {"kind": str, "http": int, "sure": bool},
    "shown": {"id": str, "status": (str, NoneType), "http": int},
    "end": {},
    "cut": {},
}
"""The events after the header, and the members that each must have."""


class JournalError(UserError):
    """A journal that cannot be read, written or gone on with."""


@dataclass
class Open:
    """What a run left behind: a task that was created or was to be cancelled, or a create without an answer.

    `file` and `sha256` name what a create was made of, `values` fill its placeholders; `before` marks the
    tasks that there were, None where that is not known. Not `announced` is what a run was allowed to change,
    and ended too early to say whether it would.
    """

    id: str | None
    created: bool
    file: str | None = None
    sha256: str | None = None
    before: tuple[str, ...] | None = ()
    values: Mapping[str, str] = field(default_factory=dict)
    announced: bool = True


@dataclass
class Left:
    """What a journal says: where its runs were, and what they left behind, oldest first. `ended` is whether
    the last run came to its own end, `cut` the number of a line that is only a part, `torn` whether that is
    the last one.
    """

    root: str | None = None
    tenant: str | None = None
    contract: str | None = None
    action: str | None = None
    open: list[Open] = field(default_factory=list)
    ended: bool = True
    cut: int | None = None
    torn: bool = False
    lines: int = 0


@dataclass
class Journal:
    """An append-only file of JSON lines, each synced; one process at a time has it. `contract` is the id or
    the file of the run's contract, `action` what it asks for, `may` what the run is allowed to change: a
    `create` with its file, ids to `cancel`. With `ends`, leaving it says that the run came to its own end.
    `found` is what it says when it is entered.
    """

    path: Path
    root: str
    tenant: str | None
    contract: str = ""
    action: str = ""
    may: Mapping[str, Any] = field(default_factory=dict)
    ends: bool = True
    found: Left = field(default_factory=Left)
    _handle: int | None = None
    _described: bool = False
    _lines: int = 0
    _running: bool = False

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
            self._close()
            raise JournalError(f"the journal {self.path} is in use by another run") from None
        try:
            self._take_over()
            _sync_folder(self.path.parent)
        except OSError as error:
            self._close()
            raise JournalError(f"the journal {self.path} cannot be written: {error.strerror}") from error
        except JournalError:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        orderly = error is None or isinstance(error, UserError)
        if self._running and self.ends and orderly:
            with suppress(JournalError):  # without its end, the run counts as one that was killed
                self.end()
        self._close()

    def _close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _take_over(self) -> None:
        """Read what the file has, so that nothing but a journal is ever written to, and mark a cut line."""
        assert self._handle is not None
        if not stat.S_ISREG(os.fstat(self._handle).st_mode):
            raise JournalError(f"the journal {self.path} is not a regular file")
        if os.fstat(self._handle).st_size:
            self.found = left_behind(self.path)
            self._lines = self.found.lines
            if self.found.torn:
                # The line stays as it is, and the next one says that it is only a part.
                self._write({"event": "cut"}, after=b"\n")

    def begin_anew(self) -> None:
        """Empty a journal that has nothing open, so that it does not grow from night to night."""
        assert self._handle is not None
        os.ftruncate(self._handle, 0)
        self._lines, self._described = 0, False

    def start(self) -> None:
        """Say what the run is, and what it is allowed to change."""
        if not self._described:
            run = {"root": self.root, "tenant": self.tenant, "contract": self.contract, "action": self.action}
            self._append({"event": "run", **run, "may": self.may})
            self._described = True

    def intend(self, kind: str, **members: Any) -> None:
        """Say what is about to be sent: `create`, or `cancel` with its `id`."""
        self.start()
        self._append({"event": "intend", "kind": kind, **members})

    def answered(self, kind: str, **members: Any) -> None:
        """Say what came of it."""
        self._append({"event": "answered", "kind": kind, **members})

    def shown(self, id: str, status: str | None, http: int) -> None:
        """Say what a read showed of a task that the journal is open for."""
        self._append({"event": "shown", "id": id, "status": status, "http": http})

    def end(self) -> None:
        """Say that the run, or its settlement, came to its own end."""
        self._append({"event": "end"})
        self._running = False

    def _append(self, event: Mapping[str, Any]) -> None:
        self._running = True
        header = {"event": "journal", "format": FORMAT, "tool": f"graphcontract {version('graphcontract')}"}
        self._write(*([] if self._lines else [header]), event)

    def _write(self, *events: Mapping[str, Any], after: bytes = b"") -> None:
        """Write lines whole or not at all: a disk that is full takes a part, and fails at the next one."""
        assert self._handle is not None
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        numbered = [{"n": number, "at": at, **event} for number, event in enumerate(events, self._lines + 1)]
        data = after + b"".join(json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in numbered)
        size = os.fstat(self._handle).st_size
        try:
            while data:
                data = data[os.write(self._handle, data) :]
            os.fsync(self._handle)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._handle, size)
            raise JournalError(f"the journal {self.path} cannot be written: {error.strerror}") from error
        self._lines += len(events)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def left_behind(path: Path) -> Left:
    """Read a journal; raises JournalError for anything but a journal. Without a file, nothing was left."""
    left, pending = Left(), dict[str, Open]()
    data = _content(path)
    if data is None:
        return left
    for number, event in _events(path, data, left):
        if left.root is None and event["event"] not in ("run", "cut"):
            raise JournalError(f"{path}:{number}: no line before it says what run this is; {_AGAIN}")
        match event["event"]:
            case "run":
                place = (event["root"], event["tenant"])
                if pending and (left.root, left.tenant, left.action) != (*place, event["action"]):
                    remedy = "use one --journal for each tenant and action"
                    raise JournalError(f"{path} is open for one tenant and goes on with another: {remedy}")
                left.root, left.tenant = place
                left.contract, left.action = event["contract"] or None, event["action"]
                _allow(event["may"], pending)
            case "end":
                pending = {id: each for id, each in pending.items() if each.announced}
            case "intend" | "answered" | "shown":
                _follow(event, pending)
        left.ended = event["event"] == "end"
    left.open = list(pending.values())
    return left


def _allow(may: Mapping[str, Any], pending: dict[str, Open]) -> None:
    """What a run is allowed to change is open until it says that it came to its own end."""
    create, ids = may.get("create"), may.get("cancel")
    for id in ids if isinstance(ids, list) else ():
        pending.setdefault(str(id), Open(str(id), False, announced=False))
    if isinstance(create, dict):
        pending.setdefault("", replace(_created(create), before=None, announced=False))


def _created(event: Mapping[str, Any]) -> Open:
    before, values = event.get("before"), event.get("values")
    return Open(
        None,
        True,
        _text(event, "file"),
        _text(event, "sha256"),
        tuple(map(str, before)) if isinstance(before, list) else None,
        {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {},
    )


def _follow(event: Mapping[str, Any], pending: dict[str, Open]) -> None:
    kind, id = event.get("kind"), _text(event, "id")
    match event["event"], kind:
        case "intend", "create":
            pending[""] = _created(event)
        case "answered", "create":
            intended = pending.pop("", None)
            if intended is not None and id is not None:
                pending[id] = replace(intended, id=id, announced=True)
            elif event.get("sure") is not True and intended is not None:
                pending[""] = intended
        case "intend", "cancel" if id is not None:
            known = pending.setdefault(id, Open(id, False))
            known.announced = True
        case "answered", "cancel" if id is not None:
            # A made-up id, or a refusal, leaves nothing behind; a task of ours stays until it is seen to end.
            if id in pending and not pending[id].created and event.get("sure") is True:
                del pending[id]
        case "shown", _ if id is not None:
            status, gone = event.get("status"), event.get("http") in _GONE
            ended = status in ("completed", "failed", "cancelled")
            named = id in pending and not pending[id].created and status is not None
            if ended or gone or named:
                pending.pop(id, None)


def _content(path: Path) -> bytes | None:
    """What the file holds; None where there is no file."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be read: {error.strerror}; {_GIVE}") from error
    if len(data) > _MOST:
        raise JournalError(f"the journal {path} has more than {_MOST} bytes: put it away and begin another")
    return data


def _events(path: Path, data: bytes, left: Left) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The events after the header with the numbers of their lines; what is cut is noted in `left`."""
    *lines, rest = data.split(b"\n")
    if not data:
        raise JournalError(f"{path}:1: the file is empty: this is not a journal; {_GIVE}")
    _check_header(path, lines[0] if lines else rest, whole=bool(lines))
    found = [_object(line) for line in lines]
    for number, event in enumerate(found[1:], 2):
        after = found[number] if number < len(found) else None
        if event is None and after is not None and after.get("event") == "cut":
            left.cut = left.cut or number
            continue
        if event is None:
            raise JournalError(f"{path}:{number}: not a line of a journal: no JSON object; {_AGAIN}")
        if why := _fault(event, number):
            raise JournalError(f"{path}:{number}: {why}; {_AGAIN}")
        if event["event"] == "cut":
            left.cut = left.cut or number - 1
        yield number, event
    left.lines = len(lines) + bool(rest)
    if rest:
        left.cut, left.torn = left.cut or left.lines, True
    elif len(lines) == 1:
        raise JournalError(f"{path}:2: the journal stops after its first line; {_AGAIN}")


def _object(line: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _check_header(path: Path, line: bytes, *, whole: bool) -> None:
    header = _object(line) or {}
    if not whole and (header.get("event") == "journal" or b'{"n":1,"at":"'.startswith(line[:13])):
        raise JournalError(f"{path}:1: the first line is cut, and no other follows; {_AGAIN}")
    if not whole or header.get("event") != "journal":
        is_report = header.get("event") == "header"
        what = "a report, and not a journal" if is_report else "not a journal of graphcontract live"
        raise JournalError(f"{path}:1: this is {what}; {_GIVE}")
    if header.get("format") != FORMAT:
        wrote = str(header.get("tool"))[:60]
        remedy = f"use the version that wrote it ({wrote!a})"
        given = str(header.get("format"))[:20]
        raise JournalError(f"{path}:1: the journal has format {given!a}, and not {FORMAT}: {remedy}")
    if header.get("n") != 1:
        raise JournalError(f"{path}:1: this is not the first line of the journal; {_AGAIN}")


def _fault(event: Mapping[str, Any], number: int) -> str | None:
    """What keeps an event from being line `number` of a journal."""
    kind = event.get("event")
    if event.get("n") != number:
        given = str(event.get("n"))[:20]
        return f"the line has the number {given!a}: lines are missing or in another order"
    if not isinstance(kind, str) or kind not in _MEMBERS:
        return f"a journal has no line of the kind {str(kind)[:40]!a}"
    for name, types in _MEMBERS[kind].items():
        if not isinstance(event.get(name), types) or name not in event:
            return f"the member {name} is missing or of another type"
    if "kind" in _MEMBERS[kind] and event["kind"] not in _KINDS:
        return f"nothing is announced of the kind {event['kind'][:40]!a}"
    if event.get("kind") == "cancel" and not isinstance(event.get("id"), str):
        return "the member id is missing or of another type"
    return None


def _text(event: Mapping[str, Any], name: str) -> str | None:
    value = event.get(name)
    return value if isinstance(value, str) else None
