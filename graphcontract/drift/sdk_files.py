"""Opens the generated files of an SDK: the members of a wheel, or a file in an unpacked tree."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graphcontract.drift.model import Source, SourceError
from graphcontract.drift.source_file import read_bytes

_MOST_CODE = 1024 * 1024  # bytes of one generated builder; the largest of msgraph-beta-sdk has 70 KiB
_AGAIN = "Fetch the wheel again."
_MOST_MEMBERS = 200_000  # files of a wheel; msgraph-beta-sdk has 28,000
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class SdkFiles:
    """Files of an SDK by their path in it. `only` is the one file that was given, if it is not a wheel;
    `version` is that of the SDK, if it is known.
    """

    source: Source
    members: Sequence[str]
    only: str | None = None
    version: str | None = None
    archive: zipfile.ZipFile | None = None
    folder: Path = Path()

    def locate(self, member: str) -> str:
        """Name a file in messages and findings."""
        name = self.source.name
        return (
            f"{name}/{member}" if self.archive else name if member == self.only else str(self._path(member))
        )

    def list_folder(self, folder: str) -> list[str]:
        """List the files that are directly in a folder."""
        if self.archive is not None:
            return [each for each in self.members if each.rpartition("/")[0] == folder]
        return sorted(f"{folder}/{each.name}" for each in self._path(folder).glob("*.py") if each.is_file())

    def read(self, member: str) -> bytes:
        """Read a file of at most 1 MiB; raises `SourceError`."""
        if self.archive is None:
            return read_bytes(self._path(member), self.locate(member), _MOST_CODE)
        try:
            with self.archive.open(member) as file:
                data = file.read(_MOST_CODE + 1)
        except _DAMAGED as error:
            raise SourceError(f"{self.locate(member)}: it cannot be unpacked: {error}", _AGAIN) from None
        if len(data) > _MOST_CODE:
            raise SourceError(f"{self.locate(member)}: it is larger than {_MOST_CODE >> 10} KiB", _AGAIN)
        return data

    def _path(self, member: str) -> Path:
        return self.folder / member


def is_wheel(path: Path) -> bool:
    """Whether a zip file has generated request builders."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(each.endswith("_request_builder.py") for each in archive.namelist())
    except _DAMAGED:
        return False


@contextmanager
def open_files(source: Source) -> Iterator[SdkFiles]:
    """Open a wheel, or a generated file, whose parents are read if it stands in its own tree."""
    if not zipfile.is_zipfile(source.path):
        yield _open_tree(source)
        return
    try:
        archive = zipfile.ZipFile(source.path)
    except _DAMAGED as error:
        raise SourceError(f"{source.name}: it cannot be unpacked: {error}", _AGAIN) from None
    with archive:
        members = archive.namelist()
        if len(members) > _MOST_MEMBERS:
            raise SourceError(
                f"{source.name}: it has more than {_MOST_MEMBERS} files", "Give the wheel of an SDK."
            )
        infos = (re.fullmatch(r"[^/]+-([^-/]+)\.dist-info/WHEEL", each) for each in members)
        version = next((found[1] for found in infos if found), None)
        yield SdkFiles(source, members, version=version, archive=archive)


def _open_tree(source: Source) -> SdkFiles:
    path = source.path.absolute()
    parts = path.parts
    if "generated" not in parts[1:-1]:
        return SdkFiles(source, (path.name,), path.name, folder=path.parent)
    top = len(parts) - 1 - parts[::-1].index("generated")  # the package is the folder above it
    folder = Path(*parts[: top - 1]) if top > 1 else Path(*parts[:top])
    member = path.relative_to(folder).as_posix()
    return SdkFiles(source, (member,), member, folder=folder)
