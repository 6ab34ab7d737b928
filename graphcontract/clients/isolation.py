"""Runs a program where there is no network but the proxy: in a Linux network namespace of its own.

Also a script of its own, started as `isolation.py DOORWAY PROGRAM …`: it makes the namespace, listens there
at the proxy's own address, hands that socket in at the doorway, and becomes the program. Where the system
does not let it, the program runs all the same. It knows namespaces; it imports nothing of this package.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import struct
import sys
from collections.abc import Sequence

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x1 | 0x40
_BACKLOG = 128
_PATIENCE = 5.0
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126


def isolated(argv: Sequence[str], doorway: str | None) -> Sequence[str]:
    """The command line that runs `argv` apart from the network, where there is a doorway and Linux.

    A program that cannot be found is left as it is, for whoever starts it to say so.
    """
    if doorway is None or sys.platform != "linux" or shutil.which(argv[0]) is None:
        return argv
    return [sys.executable, "-I", "-S", __file__, doorway, *argv]


def main(doorway: str, argv: Sequence[str]) -> int:
    """Leave the network and become the program; returns only where that fails, with a shell's status."""
    try:
        listening = _leave(doorway)
    except OSError:
        listening = None  # as it was: what goes round the proxy has but made-up tokens to give away
    try:
        os.execvp(argv[0], list(argv))  # noqa: S606 - the command line that the user gave, without a shell
    except OSError as error:
        sys.stderr.write(f"cannot run {argv[0]}: {error.strerror}\n")
        return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
    finally:
        if listening is not None:
            listening.close()


def _leave(doorway: str) -> socket.socket:
    """Enter a new namespace and hand in a socket that listens there; raises OSError."""
    with socket.socket(socket.AF_UNIX) as giver:
        giver.settimeout(_PATIENCE)
        giver.connect(doorway)
        _unshare()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            import fcntl  # no such module on Windows

            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP_AND_RUNNING))
        number = int(os.path.basename(doorway))
        listening = socket.create_server(("127.0.0.1", number), backlog=_BACKLOG, reuse_port=True)
        socket.send_fds(giver, [b"!"], [listening.fileno()])
        giver.recv(1)
        return listening


def _unshare() -> None:
    """Have a network of one's own: as one may, else as the user that one is in a user namespace."""
    system = ctypes.CDLL(None, use_errno=True)
    if system.unshare(_NEW_NET) == 0:
        return
    user, group = os.getuid(), os.getgid()
    if system.unshare(_NEW_USER | _NEW_NET) != 0:
        raise OSError(ctypes.get_errno(), "no namespace")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
