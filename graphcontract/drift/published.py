"""Fetches the published sources of a contract, and the includes of its pages, into a cache folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from graphcontract.drift.fetcher import Fetcher, Gone, Progress
from graphcontract.drift.model import FactOrigin, Source, SourceError
from graphcontract.drift.page.includes import Includes
from graphcontract.drift.waivers import Address

_SECONDS = 30.0  # to connect, and for each read: a large file may take longer as a whole
_MOST_INCLUDES = 64  # as many as the page reader follows


@dataclass(frozen=True, slots=True)
class Fetched:
    """Sources in the cache, and those that are no longer published, each with a sentence that says so."""

    sources: tuple[Source, ...]
    gone: tuple[tuple[FactOrigin, str], ...]


def fetch_sources(addresses: Iterable[Address], cache: Path, progress: Progress) -> Fetched:
    """Fetch sources, with conditional requests for those in the cache; `SourceError` if one fails."""
    import httpx

    sources: list[Source] = []
    gone: list[tuple[FactOrigin, str]] = []
    with httpx.Client(timeout=_SECONDS, headers={"User-Agent": "graphcontract"}) as client:
        fetcher = Fetcher(client, progress)
        for address in addresses:
            url = address.root + address.path
            root = cache / sha256(address.root.encode()).hexdigest()[:16]
            path = root / address.path
            try:
                version = fetcher.fetch(url, path, address.kind)
            except Gone as gone_error:
                if not gone_error.before:
                    problem = f"the server responded {gone_error.status}, and never served it"
                    raise SourceError(f"{url}: {problem}", "Check the URL.") from None
                gone.append(
                    (
                        FactOrigin(address.kind, url),
                        f"the server responded {gone_error.status}; an earlier fetch succeeded",
                    )
                )
                continue
            if address.kind == "page":
                _fetch_includes(fetcher, address, path, root)
            sources.append(Source(path, url, version[:12] if version else None, root, fetched=True))
    return Fetched(tuple(sources), tuple(gone))


def _fetch_includes(fetcher: Fetcher, address: Address, page: Path, root: Path) -> None:
    """Fetch the includes of a page, and theirs. The page reader reports a missing one."""
    met: set[Path] = set()
    while True:
        includes = Includes(page, address.path, root)
        includes.read_page(page.read_bytes())
        due = [path for path in dict.fromkeys(includes.paths) if path not in met]
        if not due or len(met) > _MOST_INCLUDES:
            return
        for path in due:
            met.add(path)
            url = address.root + path.relative_to(root.resolve()).as_posix()
            try:
                fetcher.fetch(url, path, None)
            except Gone:
                path.unlink(missing_ok=True)
