"""Runs a program where there is no network but the proxy: in a Linux network namespace of its own.

Also a script of its own, started as `isolation.py DOORWAY PROGRAM …`: it makes the namespace, checks that no
route leads out of it, listens there at the proxy's own address, hands that socket in at the doorway, and
becomes the program. Where any of that fails, the program does not run. Without arguments it only tries.
It knows namespaces; it imports nothing of this package.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from functools import cache

NOT_ISOLATED = "graphcontract: no isolation: "

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x1 | 0x40
_BACKLOG = 128
_PATIENCE = 5.0
_NOT_ISOLATED, _NOT_EXECUTABLE, _NOT_FOUND = 125, 126, 127
# Addresses for documentation (RFC 5737, RFC 3849): a route to them is a route to any public address.
_OUTSIDE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


@cache
def find_obstacle() -> str | None:
    """Try to isolate a program that does nothing: say what prevents it here, None where nothing does.

    The answer only saves starting clients in vain: a program that is to be isolated later, and cannot be,
    does not run.
    """
    if sys.platform != "linux":
        return "network namespaces exist on Linux alone"
    tried = subprocess.run(
        [sys.executable, "-I", "-S", __file__], capture_output=True, text=True, errors="replace", check=False
    )
    if tried.returncode == 0:
        return None
    said = tried.stderr.strip().removeprefix(NOT_ISOLATED) or f"exit status {tried.returncode}"
    return f"no network namespace can be made here ({said})"


def isolated(argv: Sequence[str], doorway: str | None) -> Sequence[str]:
    """The command line that runs `argv` apart from the network, or not at all, where there is a doorway.

    FileNotFoundError and PermissionError are those of starting a program that cannot be started.
    """
    if doorway is None:
        return argv
    if shutil.which(argv[0]) is None:
        number = errno.EACCES if os.path.exists(argv[0]) else errno.ENOENT
        raise OSError(number, os.strerror(number), argv[0])
    return [sys.executable, "-I", "-S", __file__, doorway, *argv]


def main(arguments: Sequence[str]) -> int:
    """Leave the network and become the program; returns only where that fails, with a shell's status, or
    where there is no program.
    """
    doorway, argv = (arguments[0], list(arguments[1:])) if arguments else (None, [])
    try:
        if doorway is None:
            _enter_namespace()
            return 0
        listening = _leave(doorway)
    except OSError as error:
        sys.stderr.write(f"{NOT_ISOLATED}{error.strerror or error}\n")
        return _NOT_ISOLATED
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - the command line that the user gave, without a shell
    except OSError as error:
        sys.stderr.write(f"cannot run {argv[0]}: {error.strerror}\n")
        return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
    finally:
        listening.close()


def _leave(doorway: str) -> socket.socket:
    """Enter a new namespace and hand in a socket that listens there; raises OSError."""
    with socket.socket(socket.AF_UNIX) as giver:
        giver.settimeout(_PATIENCE)
        giver.connect(doorway)
        _enter_namespace()
        number = int(os.path.basename(doorway))
        listening = socket.create_server(("127.0.0.1", number), backlog=_BACKLOG, reuse_port=True)
        socket.send_fds(giver, [b"!"], [listening.fileno()])
        if not giver.recv(1):
            listening.close()
            raise OSError("the proxy did not take the namespace's socket")
        return listening


def _enter_namespace() -> None:
    """Enter a new network namespace, with loopback up and no route out of it; raises OSError."""
    _unshare()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        import fcntl  # no such module on Windows

        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP_AND_RUNNING))
    for family, address in _OUTSIDE:
        if _has_route(family, address):
            raise OSError(f"the new network namespace has a route to {address}")


def _has_route(family: socket.AddressFamily, address: str) -> bool:
    """Whether the system would send to an address; a datagram socket that connects sends nothing."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as trying:
            trying.connect((address, 9))
    except OSError:
        return False
    return True


def _unshare() -> None:
    """Have a network of one's own: as one may, else as the user that one is in a user namespace."""
    system = ctypes.CDLL(None, use_errno=True)
    if system.unshare(_NEW_NET) == 0:
        return
    user, group = os.getuid(), os.getgid()
    if system.unshare(_NEW_USER | _NEW_NET) != 0:
        number = ctypes.get_errno()
        limited = number == errno.ENOSPC
        raise OSError(number, "the limit in /proc/sys/user is reached" if limited else os.strerror(number))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
