"""The journal of changes: a line is on the disk before the request that it announces is sent.

The first line identifies the file as a journal, every line is numbered, and a run that ended by itself has a
line `end`. So another file, or a part of a journal, is never mistaken for a journal without open items. It
contains ids as they are, never tokens or names of people, and stays on the machine of the run.
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
_GONE = (400, 404, 410, 422)  # status codes of a read after which no task with that id is left open
_MOST = 4 * 1024 * 1024  # bytes of a journal, which is read whole; a larger file is an error
_GIVE = f"Give the file that the run wrote: {DEFAULT}, or the one of --journal."
_AGAIN = "Get the whole file from the machine of the run, or else check the tenant's list of tasks."
_KINDS = ("create", "cancel")
_MEMBERS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "run": {"root": str, "tenant": (str, NoneType), "contract": str, "action": str, "may": dict},
    "intend": {"kind": str},
    "answered": {"kind": str, "http": int, "sure": bool},
    "shown": {"id": str, "status": (str, NoneType), "http": int},
    "end": {},
    "cut": {},
}
"""The events after the header, with the required members of each."""


class JournalError(UserError):
    """A journal that cannot be read, written or continued."""

    code = "journal"


@dataclass
class OpenItem:
    """What a run left behind: a task that was created or was to be cancelled, or a create call without a
    response.

    `file` and `sha256` identify the create file, `values` fill its placeholders; `before` has the hashes of
    the tasks that existed before, None where they are unknown. An item that is not `announced` is a change
    that the options allowed in a run that ended too early to announce it.
    """

    id: str | None
    created: bool
    file: str | None = None
    sha256: str | None = None
    before: tuple[str, ...] | None = ()
    values: Mapping[str, str] = field(default_factory=dict)
    announced: bool = True


@dataclass
class JournalContent:
    """The content of a journal: the root and tenant of its runs, and their open items, oldest first. `ended`
    is whether the last run ended by itself, `cut` the number of an incomplete line, `torn` whether that is
    the last line.
    """

    root: str | None = None
    tenant: str | None = None
    contract: str | None = None
    action: str | None = None
    open: list[OpenItem] = field(default_factory=list)
    ended: bool = True
    cut: int | None = None
    torn: bool = False
    lines: int = 0


@dataclass
class Journal:
    """An append-only file of JSON lines, each synced to disk and locked by one process at a time. `contract`
    is the id or file of the run's contract, `action` its operation, `may` the changes that the options allow:
    a `create` with its file, ids to `cancel`. With `ends`, leaving the context records that the run ended by
    itself. `found` is the content on entry.
    """

    path: Path
    root: str
    tenant: str | None
    contract: str = ""
    action: str = ""
    may: Mapping[str, Any] = field(default_factory=dict)
    ends: bool = True
    found: JournalContent = field(default_factory=JournalContent)
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
            self._read_existing()
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
            with suppress(JournalError):  # without the line `end` the run counts as killed
                self.end()
        self._close()

    def _close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _read_existing(self) -> None:
        """Read the file, so that only a journal is ever written to, and mark an incomplete last line."""
        assert self._handle is not None
        if not stat.S_ISREG(os.fstat(self._handle).st_mode):
            raise JournalError(f"the journal {self.path} is not a regular file")
        if os.fstat(self._handle).st_size:
            self.found = read_journal(self.path)
            self._lines = self.found.lines
            if self.found.torn:
                # The line stays unchanged, and the next one marks it as incomplete.
                self._write({"event": "cut"}, after=b"\n")

    def truncate(self) -> None:
        """Empty a journal without open items, so that it does not grow from night to night."""
        assert self._handle is not None
        os.ftruncate(self._handle, 0)
        self._lines, self._described = 0, False

    def start(self) -> None:
        """Write what the run is, and which changes its options allow."""
        if not self._described:
            run = {"root": self.root, "tenant": self.tenant, "contract": self.contract, "action": self.action}
            self._append({"event": "run", **run, "may": self.may})
            self._described = True

    def intend(self, kind: str, **members: Any) -> None:
        """Announce a request before it is sent: `create`, or `cancel` with its `id`."""
        self.start()
        self._append({"event": "intend", "kind": kind, **members})

    def record_response(self, kind: str, **members: Any) -> None:
        """Write the response to an announced request."""
        self._append({"event": "answered", "kind": kind, **members})

    def record_read(self, id: str, status: str | None, http: int) -> None:
        """Write the status that a read of an announced task returned."""
        self._append({"event": "shown", "id": id, "status": status, "http": http})

    def end(self) -> None:
        """Write that the run, or its settlement, ended by itself."""
        self._append({"event": "end"})
        self._running = False

    def _append(self, event: Mapping[str, Any]) -> None:
        self._running = True
        self._write(*([] if self._lines else [_make_header()]), event)

    def _write(self, *events: Mapping[str, Any], after: bytes = b"") -> None:
        """Write lines whole or not at all: with a full disk, a part of them is removed again."""
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


def _make_header() -> dict[str, Any]:
    return {"event": "journal", "format": FORMAT, "tool": f"graphcontract {version('graphcontract')}"}


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_journal(path: Path) -> JournalContent:
    """Read a journal; raises JournalError for anything else. A missing file has no open items."""
    left, pending = JournalContent(), dict[str, OpenItem]()
    data = _read_content(path)
    if data is None:
        return left
    for number, event in _parse_events(path, data, left):
        if left.root is None and event["event"] not in ("run", "cut"):
            raise JournalError(
                f"{path}:{number}: the line that describes the run is missing before it", _AGAIN
            )
        match event["event"]:
            case "run":
                location = (event["root"], event["tenant"])
                if pending and (left.root, left.tenant, left.action) != (*location, event["action"]):
                    remedy = "Use one --journal for each tenant and action."
                    raise JournalError(
                        f"{path} has open items of one tenant and continues with another", remedy
                    )
                left.root, left.tenant = location
                left.contract, left.action = event["contract"] or None, event["action"]
                _add_allowed(event["may"], pending)
            case "end":
                pending = {id: each for id, each in pending.items() if each.announced}
            case "intend" | "answered" | "shown":
                _apply_event(event, pending)
        left.ended = event["event"] == "end"
    left.open = list(pending.values())
    return left


def _add_allowed(may: Mapping[str, Any], pending: dict[str, OpenItem]) -> None:
    """Add the changes that a run's options allow: they are open until the run has ended by itself."""
    create, ids = may.get("create"), may.get("cancel")
    for id in ids if isinstance(ids, list) else ():
        pending.setdefault(str(id), OpenItem(str(id), False, announced=False))
    if isinstance(create, dict):
        pending.setdefault("", replace(_parse_created(create), before=None, announced=False))


def _parse_created(event: Mapping[str, Any]) -> OpenItem:
    before, values = event.get("before"), event.get("values")
    return OpenItem(
        None,
        True,
        _get_text(event, "file"),
        _get_text(event, "sha256"),
        tuple(map(str, before)) if isinstance(before, list) else None,
        {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {},
    )


def _apply_event(event: Mapping[str, Any], pending: dict[str, OpenItem]) -> None:
    kind, id = event.get("kind"), _get_text(event, "id")
    match event["event"], kind:
        case "intend", "create":
            pending[""] = _parse_created(event)
        case "answered", "create":
            intended = pending.pop("", None)
            if intended is not None and id is not None:
                pending[id] = replace(intended, id=id, announced=True)
            elif event.get("sure") is not True and intended is not None:
                pending[""] = intended
        case "intend", "cancel" if id is not None:
            known = pending.setdefault(id, OpenItem(id, False))
            known.announced = True
        case "answered", "cancel" if id is not None:
            # A rejected cancel leaves nothing behind; a created task is open until a read shows its end.
            if id in pending and not pending[id].created and event.get("sure") is True:
                del pending[id]
        case "shown", _ if id is not None:
            status, gone = event.get("status"), event.get("http") in _GONE
            ended = status in ("completed", "failed", "cancelled")
            named = id in pending and not pending[id].created and status is not None
            if ended or gone or named:
                pending.pop(id, None)


def _read_content(path: Path) -> bytes | None:
    """The bytes of the file; None where it does not exist."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be read: {error.strerror}", _GIVE) from error
    if len(data) > _MOST:
        raise JournalError(
            f"the journal {path} has more than {_MOST} bytes", "Move it away, and use a new one."
        )
    return data


def _parse_events(path: Path, data: bytes, left: JournalContent) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The events after the header with their line numbers; an incomplete line is noted in `left`."""
    *lines, rest = data.split(b"\n")
    if not data:
        raise JournalError(f"{path}:1: the file is empty, so it is not a journal", _GIVE)
    _check_header(path, lines[0] if lines else rest, whole=bool(lines))
    found = [_parse_object(line) for line in lines]
    for number, event in enumerate(found[1:], 2):
        after = found[number] if number < len(found) else None
        if event is None and after is not None and after.get("event") == "cut":
            left.cut = left.cut or number
            continue
        if event is None:
            raise JournalError(f"{path}:{number}: not a line of a journal: it is not a JSON object", _AGAIN)
        if why := _find_fault(event, number):
            raise JournalError(f"{path}:{number}: {why}", _AGAIN)
        if event["event"] == "cut":
            left.cut = left.cut or number - 1
        yield number, event
    left.lines = len(lines) + bool(rest)
    if rest:
        left.cut, left.torn = left.cut or left.lines, True
    elif len(lines) == 1:
        raise JournalError(f"{path}:2: the journal stops after its first line", _AGAIN)


def _parse_object(line: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _check_header(path: Path, line: bytes, *, whole: bool) -> None:
    header = _parse_object(line) or {}
    if not whole and (header.get("event") == "journal" or b'{"n":1,"at":"'.startswith(line[:13])):
        raise JournalError(f"{path}:1: the first line is incomplete, and no other follows", _AGAIN)
    if not whole or header.get("event") != "journal":
        is_report = header.get("event") == "header"
        what = "a report, not a journal" if is_report else "not a journal of graphcontract live"
        raise JournalError(f"{path}:1: this is {what}", _GIVE)
    if header.get("format") != FORMAT:
        wrote = str(header.get("tool"))[:60]
        remedy = f"Use the version that wrote it ({wrote!a})."
        given = str(header.get("format"))[:20]
        raise JournalError(f"{path}:1: the journal has format {given!a}, expected {FORMAT}", remedy)
    if header.get("n") != 1:
        raise JournalError(f"{path}:1: this is not the first line of the journal", _AGAIN)


def _find_fault(event: Mapping[str, Any], number: int) -> str | None:
    """Why an event cannot be line `number` of a journal, or None."""
    kind = event.get("event")
    if event.get("n") != number:
        given = str(event.get("n"))[:20]
        return f"the line has the number {given!a}: lines are missing or in another order"
    if not isinstance(kind, str) or kind not in _MEMBERS:
        return f"{str(kind)[:40]!a} is not an event of a journal"
    for name, types in _MEMBERS[kind].items():
        if not isinstance(event.get(name), types) or name not in event:
            return f"the member {name} is missing or has a wrong type"
    if "kind" in _MEMBERS[kind] and event["kind"] not in _KINDS:
        return f"{event['kind'][:40]!a} is not a kind of change"
    if event.get("kind") == "cancel" and not isinstance(event.get("id"), str):
        return "the member id is missing or has a wrong type"
    return None


def _get_text(event: Mapping[str, Any], name: str) -> str | None:
    value = event.get(name)
    return value if isinstance(value, str) else None
