"""Surroundings of a client's process, as a user's machine may have them: environment, limits and files.

The processes of a run are started in the surroundings of the run. Two more, `east` and `west`, have other
ones, several at once; a difference is then looked for with each setting alone.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from graphcontract.clients import LOOPS_VARIABLE

_FOLDER = "{folder}"  # in a value of the environment: the folder with files that were made for the process
_DESCRIPTORS = 256  # what macOS allows a process by default
_ZONES = Path("/usr/share/zoneinfo")
# Bounds on what is linked and read, so that a large folder and a flood of logs cost little.
_MOST_ENTRIES = 1000
_MOST_FILES = 64
_MOST_READ = 64 * 1024  # bytes of a file: the last ones
_NETRC_TEXT = "a netrc file that has a password for 127.0.0.1"
_NETRC = "".join(
    f"machine {host}\nlogin someone\npassword graphcontract-netrc\n\n" for host in ("127.0.0.1", "localhost")
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that differs: `name` is its kind, `text` what reports say.

    `env` is added to the environment. With `folder`, the process has a working folder of its own; with
    `debug`, the client logs as much as it can.
    """

    name: str
    text: str
    env: tuple[tuple[str, str], ...] = ()
    folder: bool = False
    descriptors: int | None = None
    debug: bool = False


class Surroundings:
    """The settings of one process, with the files that they need; `remove` deletes these."""

    def __init__(self, settings: Sequence[Setting]) -> None:
        self.settings = tuple(settings)
        # Deletes itself at the end of this process, also if that is interrupted twice.
        self._temporary = tempfile.TemporaryDirectory(prefix="graphcontract-", ignore_cleanup_errors=True)
        self._root = Path(self._temporary.name)
        (self._root / "netrc").write_text(_NETRC, encoding="ascii")
        (self._root / "netrc").chmod(0o600)
        self._folder = self._root / "work" if any(each.folder for each in settings) else None
        if self._folder is not None:
            _link_entries(Path.cwd(), self._folder)

    @property
    def debug(self) -> bool:
        """Whether the client is to log in detail."""
        return any(each.debug for each in self.settings)

    @property
    def env(self) -> dict[str, str]:
        """What is added to the environment."""
        pairs = (pair for each in self.settings for pair in each.env)
        return {name: value.replace(_FOLDER, str(self._root)) for name, value in pairs}

    def wrap_command(self, argv: Sequence[str]) -> Sequence[str]:
        """Make the command line that runs `argv` with these limits, in this folder.

        A shell sets both in the new process: in this one, other threads would have them too for a while.
        """
        limits = [each.descriptors for each in self.settings if each.descriptors is not None]
        steps = [f"ulimit -S -n {limit}" for limit in limits]
        steps += ['cd "$0"'] if self._folder is not None else []
        if not steps:
            return argv
        return ["/bin/sh", "-c", "; ".join([*steps, 'exec "$@"']), str(self._folder or "sh"), *argv]

    def read_files(self) -> dict[str, str]:
        """Read the end of each file that the process wrote in its working folder, by name."""
        found: dict[str, str] = {}
        for parent, _, names in os.walk(self._folder) if self._folder is not None else ():
            for name in names:
                path = Path(parent, name)
                if len(found) < _MOST_FILES and path.is_file() and not path.is_symlink():
                    with suppress(OSError), path.open("rb") as file:
                        file.seek(max(0, path.stat().st_size - _MOST_READ))
                        text = file.read(_MOST_READ).decode(errors="replace")
                        found[str(path.relative_to(self._folder or parent))] = text
        return found

    def remove(self) -> None:
        """Delete the files."""
        self._temporary.cleanup()


def list_sides(*, debug: bool, loops: bool) -> dict[str, tuple[Setting, ...]]:
    """List the settings of the two processes: with a `debug` log if the client has one, with event `loops`
    for each call if it is a Python function.
    """
    log = Setting("debug log", "a debug log", debug=True)
    loop = Setting("event loops", "an event loop for each call", ((LOOPS_VARIABLE, "each-call"),))
    return {
        "east": (
            _zone("Asia/Kolkata", "IST-05:30"),
            _locale("tr_TR"),
            Setting("netrc", _NETRC_TEXT, (("NETRC", f"{_FOLDER}/netrc"),)),
            Setting("descriptors", f"{_DESCRIPTORS} file descriptors", descriptors=_DESCRIPTORS),
            *([log] if debug else []),
            Setting("working folder", "a working folder of its own", folder=True),
        ),
        "west": (
            _zone("America/Los_Angeles", "PST8PDT,M3.2.0,M11.1.0"),
            _locale("de_DE"),
            _proxy(),
            *([loop] if loops else []),
        ),
    }


def _zone(name: str, rule: str) -> Setting:
    """A time zone by its name, which all runtimes read, or by a POSIX rule where the system has no names."""
    value = name if (_ZONES / name).exists() else rule
    return Setting("time zone", f"TZ={value}", (("TZ", value),))


def _locale(name: str) -> Setting:
    """A locale if it is installed. If not, only LANG and LC_MESSAGES name it, which some runtimes read by
    themselves: LC_CTYPE keeps the encoding of texts UTF-8, as every installed locale here would.
    """
    wanted = f"{name}.UTF-8"
    installed = next(
        (each for each in _list_locales() if each.lower().replace("-", "") == f"{name}.utf8".lower()), ""
    )
    if installed:
        env = {"LC_ALL": installed, "LANG": installed}
    else:
        env = {"LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": wanted, "LC_MESSAGES": wanted}
    return Setting("locale", f"LANG={installed or wanted}", tuple(env.items()))


@cache
def _list_locales() -> Collection[str]:
    try:
        listed = subprocess.run(["locale", "-a"], capture_output=True, check=False, timeout=5)  # noqa: S607
    except (OSError, subprocess.SubprocessError):
        return ()
    return listed.stdout.decode(errors="replace").split()


def _proxy() -> Setting:
    """A proxy that is not for local hosts. Nothing listens at its port."""
    proxies = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    env: Mapping[str, str] = {
        **dict.fromkeys(proxies, "http://127.0.0.1:9"),
        **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
    }
    return Setting("proxy", "a proxy, and NO_PROXY=127.0.0.1,localhost", tuple(env.items()))


def _link_entries(source: Path, folder: Path) -> None:
    """Make a folder with a link to each entry of another one, so that relative paths still lead there."""
    folder.mkdir()
    with suppress(OSError), os.scandir(source) as entries:
        for entry in islice(entries, _MOST_ENTRIES):
            (folder / entry.name).symlink_to(Path(entry.path).absolute())
