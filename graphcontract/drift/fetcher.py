"""Fetches a published file over HTTP into a cache, with conditional requests.

A file in the cache is replaced only by a complete response of the expected kind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from graphcontract.drift.model import Kind, Source, SourceError
from graphcontract.drift.source_kind import detect_kind

if TYPE_CHECKING:
    import httpx

Progress = Callable[[str, int, int | None], None]

_MOST_BYTES = 512 * 1024 * 1024  # more than any source; ends a response without an end
_CHUNK = 256 * 1024  # bytes between two calls of `progress`
_LATER = "Try again later, or give files."


class Gone(Exception):
    """The server responded 404 or 410; `before` is True if an earlier fetch of the URL succeeded."""

    def __init__(self, status: int, *, before: bool) -> None:
        super().__init__(status)
        self.status, self.before = status, before


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches files; `progress` is called with the URL, the bytes so far, and the total size or None."""

    client: httpx.Client
    progress: Progress

    def fetch(self, url: str, path: Path, kind: Kind | None) -> str | None:
        """Update a file, and return its version: the entity tag or date of the response, or None.

        `kind` is the expected kind, None for anything but HTML. Raises `Gone`, or `SourceError` if the file
        cannot be fetched completely.
        """
        import httpx

        notes = _read_notes(path)
        try:
            with self.client.stream("GET", url, headers=_make_conditions(path, notes)) as response:
                return self._store(url, path, kind, response, notes)
        except httpx.TimeoutException:
            _fail(url, "the server did not respond in time", _LATER)
        except httpx.RemoteProtocolError as error:
            _fail(url, f"the connection broke: {error}", _LATER)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            _fail(url, f"it cannot be reached: {error}", "Check the connection and the proxy, or give files.")
        except OSError as error:
            _fail(url, f"the cache {path.parent} cannot be written: {error.strerror}", "Give --cache.")

    def _store(
        self, url: str, path: Path, kind: Kind | None, response: httpx.Response, notes: Mapping[str, str]
    ) -> str | None:
        status = response.status_code
        if status == 304 and path.is_file():
            self.progress(url, 0, 0)
            return notes.get("version")
        if status in (404, 410):
            raise Gone(status, before=bool(notes))
        if status != 200:
            _fail(url, *_describe_status(response))
        if response.headers.get("content-type", "").partition(";")[0].strip().casefold() == "text/html":
            _fail(
                url,
                "the response is HTML, probably from a sign-in page or a proxy",
                "Sign in, or give files.",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        try:
            self._save(url, part, response)
            _check_kind(url, part, kind)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        return _write_notes(path, url, response)

    def _save(self, url: str, part: Path, response: httpx.Response) -> None:
        length = response.headers.get("content-length", "")
        whole = int(length) if length.isdigit() and "content-encoding" not in response.headers else None
        size = 0
        with part.open("wb") as file:
            for chunk in response.iter_bytes(_CHUNK):
                size += len(chunk)
                if size > _MOST_BYTES:
                    _fail(url, f"it is larger than {_MOST_BYTES >> 20} MiB", "Give a file.")
                file.write(chunk)
                self.progress(url, size, whole)


def _read_notes(path: Path) -> Mapping[str, str]:
    """Read the notes that an earlier fetch wrote beside a file; empty if they are missing or unreadable."""
    try:
        found = json.loads(_locate_notes(path).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _locate_notes(path: Path) -> Path:
    return path.with_name(f"{path.name}.fetched")


def _make_conditions(path: Path, notes: Mapping[str, str]) -> dict[str, str]:
    if not path.is_file():
        return {}
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {condition: notes[name] for name, condition in names.items() if name in notes}


def _write_notes(path: Path, url: str, response: httpx.Response) -> str | None:
    notes = {name: response.headers[name] for name in ("etag", "last-modified") if name in response.headers}
    version = notes.get("etag", notes.get("last-modified", "")).removeprefix("W/").strip('"') or None
    document = {"url": url, **notes, **({"version": version} if version else {})}
    _locate_notes(path).write_text(json.dumps(document), encoding="utf-8")
    return version


def _check_kind(url: str, part: Path, kind: Kind | None) -> None:
    """Reject a file of another kind, such as HTML sent as text, or an error in JSON."""
    if kind is None:
        with part.open("rb") as file:
            if file.read(512).lstrip().lower().startswith((b"<!doctype html", b"<html")):
                _fail(url, "the response is HTML, probably from a sign-in page or a proxy", "Give files.")
        return
    found = detect_kind(Source(part, url, fetched=True))
    if found != kind:
        _fail(url, f"the response is {found}, and {kind} was expected", "Check the URL.")


def _describe_status(response: httpx.Response) -> tuple[str, str]:
    """Describe a failure, and what to do about it."""
    status = response.status_code
    if status == 429:
        wait = response.headers.get("retry-after")
        when = f"after {wait} s" if wait else "later"
        return "the server responded 429 (too many requests)", f"Try again {when}, or give files."
    if status >= 500:
        return f"the server responded {status} (server error)", _LATER
    if 300 <= status < 400:
        where = response.headers.get("location", "nowhere")
        return f"it redirects to {where}; redirects are not followed", "Check the URL."
    return f"the server responded {status}", "Check the URL, or give files."


def _fail(url: str, problem: str, hint: str) -> NoReturn:
    raise SourceError(f"{url}: {problem}", hint)
