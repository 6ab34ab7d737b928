"""Expands `[!INCLUDE [label](path)]` into the blocks of the included file.

Files outside the docs root are never read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urljoin

from graphcontract.drift.model import SourceError
from graphcontract.drift.page.blocks import Block, filter_visible, parse
from graphcontract.drift.source_file import decode_text, read_bytes

_INCLUDE = re.compile(r"\[!INCLUDE\s*+\[([^\[\]]*+)\]\(\s*+<?([^()\s<>]++)>?[^()]*+\)\s*+\]", re.IGNORECASE)
_MOST_BYTES = 512 * 1024  # as for a page
_MOST_FILES = 64  # bounds the work on a page whose includes fan out
_MOST_DEEP = 5  # levels; bounds a chain of includes
_TOPS = ("api-reference", "concepts")


class RejectedInclude(Exception):
    """An include that must not be followed; `str()` says why."""


class Includes:
    """Follows the includes of one page. `refusals` and `missing` are includes not followed, `paths` the
    files that includes name, whether they exist or not. `described` is the line of the description in the
    front matter. `rootless` is True if no docs root was found: then only files below the page's folder are
    included.
    """

    def __init__(self, page: Path, name: str, root: Path | None) -> None:
        self._page, self._name = page, name
        known = root or find_root(page)
        self._root = (known or page.absolute().parent).resolve()
        self.rootless = known is None
        self._files = 0
        self.described: int | None = None
        self._sum = sha256()
        self.refusals: list[tuple[Block, str]] = []
        self.missing: list[Block] = []
        self.paths: list[Path] = []

    @property
    def sha256(self) -> str:
        """The hash of every file that was read for the page, itself included, in order."""
        return self._sum.hexdigest()

    def read_page(self, data: bytes) -> tuple[dict[str, str], list[Block]]:
        """Parse a page from its bytes into front matter and visible blocks, with includes expanded."""
        self._sum.update(data)
        document = parse(decode_text(data, self._name), self._name)
        self.described = document.described
        found = self._expand(filter_visible(document.blocks), self._page, self._name, (self._page.resolve(),))
        return dict(document.front), list(found)

    def _expand(
        self, blocks: Iterable[Block], file: Path, name: str, above: tuple[Path, ...]
    ) -> Iterator[Block]:
        for block in blocks:
            found = list(_INCLUDE.finditer(block.text)) if block.kind == "text" else []
            if not found:
                yield block
                continue
            rest = _INCLUDE.sub("", block.text).strip()
            if rest:
                yield Block("text", rest, block.file, block.line, quoted=block.quoted)
            for include in found:
                at = block.line + block.text.count("\n", 0, include.start())
                place = Block("missing", f"{include[1]} {include[2]}", block.file, at)
                yield from self._include(place, include[2], file, name, above)

    def _include(
        self, place: Block, target: str, file: Path, name: str, above: tuple[Path, ...]
    ) -> Iterator[Block]:
        try:
            path = self._resolve(target, file, above)
            self.paths.append(path)
            if not path.is_file():
                raise FileNotFoundError
            self._files += 1
            called = _name_included_file(target, name)
            data = read_bytes(path, called, _MOST_BYTES)
            self._sum.update(data)
            blocks = filter_visible(parse(decode_text(data, called), called).blocks)
        except FileNotFoundError:
            self.missing.append(place)
            yield place
            return
        except (RejectedInclude, SourceError, OSError, RuntimeError, ValueError) as error:
            why = error.format_in_line() if isinstance(error, SourceError) else str(error)
            self.refusals.append((place, f"the include {target} was not followed: {why}"))
            yield place
            return
        yield from self._expand(blocks, path, called, (*above, path))

    def _resolve(self, target: str, file: Path, above: tuple[Path, ...]) -> Path:
        if "\\" in target or ":" in target or target.startswith("/"):
            raise RejectedInclude("its path must be relative")
        base = self._root if target.startswith("~/") else file.parent
        path = (base / target.removeprefix("~/")).resolve()
        if not path.is_relative_to(self._root):
            if self.rootless:
                raise FileNotFoundError
            raise RejectedInclude(f"it is outside {self._root.name or self._root}/")
        if path in above:
            raise RejectedInclude("it includes itself")
        if len(above) > _MOST_DEEP or self._files >= _MOST_FILES:
            raise RejectedInclude(f"the limit is {_MOST_DEEP} levels and {_MOST_FILES} files")
        return path


def _name_included_file(target: str, name: str) -> str:
    """Make the name of an included file in messages, relative to the name of the file that includes it."""
    if "://" in name:
        return urljoin(name, target.removeprefix("~/"))
    return os.path.normpath(os.path.join(os.path.dirname(name), target.removeprefix("~/")))


def find_root(page: Path) -> Path | None:
    """Find the docs root of a page, the folder that holds `api-reference`; None without one."""
    page = page.absolute()
    for folder in page.parents:
        if folder.name in _TOPS:
            return folder.parent
    return None
