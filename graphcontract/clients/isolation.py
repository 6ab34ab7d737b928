"""Runs a program in a new Linux network namespace, in which only our proxy can be reached.

This file is also a script, `isolation.py NETNS_SOCKET PROGRAM …`: it enters a new namespace, checks that no
route leads out of it, listens there at the proxy's address, sends the listening socket over the Unix socket
(`transports.netns_socket`), and replaces itself by the program. If any step fails, the program does not run.
Without arguments it only tries to make a namespace. The script starts without site-packages, so it imports
nothing of this package.
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
_PATIENCE = 5.0  # seconds to connect to the proxy's process and for its acknowledgement
_NOT_ISOLATED, _NOT_EXECUTABLE, _NOT_FOUND = 125, 126, 127
# Addresses for documentation (RFC 5737, RFC 3849): a route to them is a route to any public address.
_OUTSIDE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


@cache
def find_obstacle() -> str | None:
    """Try to make a namespace: return the reason why it cannot be made here, or None.

    This only avoids starting clients in vain: a program that cannot be isolated later does not run.
    """
    if sys.platform != "linux":
        return "network namespaces exist only on Linux"
    tried = subprocess.run(
        [sys.executable, "-I", "-S", __file__], capture_output=True, text=True, errors="replace", check=False
    )
    if tried.returncode == 0:
        return None
    reason = tried.stderr.strip().removeprefix(NOT_ISOLATED) or f"exit status {tried.returncode}"
    return f"a network namespace cannot be made here ({reason})"


def isolate_command(argv: Sequence[str], netns_socket: str | None) -> Sequence[str]:
    """Make the command line that runs `argv` isolated, or not at all; without a socket, return `argv`.

    Raises FileNotFoundError and PermissionError as starting the program itself would.
    """
    if netns_socket is None:
        return argv
    if shutil.which(argv[0]) is None:
        number = errno.EACCES if os.path.exists(argv[0]) else errno.ENOENT
        raise OSError(number, os.strerror(number), argv[0])
    return [sys.executable, "-I", "-S", __file__, netns_socket, *argv]


def main(arguments: Sequence[str]) -> int:
    """Enter a namespace and replace this process by the program. Returns only if that fails, with the exit
    status that a shell would have, or if there is no program.
    """
    netns_socket, argv = (arguments[0], list(arguments[1:])) if arguments else (None, [])
    try:
        if netns_socket is None:
            _enter_namespace()
            return 0
        listening = _isolate(netns_socket)
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


def _isolate(netns_socket: str) -> socket.socket:
    """Enter a new namespace and send a socket that listens there to the proxy; raises OSError."""
    with socket.socket(socket.AF_UNIX) as sender:
        sender.settimeout(_PATIENCE)
        sender.connect(netns_socket)
        _enter_namespace()
        number = int(os.path.basename(netns_socket))
        listening = socket.create_server(("127.0.0.1", number), backlog=_BACKLOG, reuse_port=True)
        socket.send_fds(sender, [b"!"], [listening.fileno()])
        if not sender.recv(1):
            listening.close()
            raise OSError("the proxy did not accept the namespace's socket")
        return listening


def _enter_namespace() -> None:
    """Enter a new network namespace with the loopback interface up; OSError if that fails or a route leads
    out.
    """
    _unshare()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        import fcntl  # does not exist on Windows

        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP_AND_RUNNING))
    for family, address in _OUTSIDE:
        if _has_route(family, address):
            raise OSError(f"the new network namespace has a route to {address}")


def _has_route(family: socket.AddressFamily, address: str) -> bool:
    """Whether the system has a route to an address. Connecting a datagram socket sends nothing."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as trying:
            trying.connect((address, 9))
    except OSError:
        return False
    return True


def _unshare() -> None:
    """Unshare the network namespace, within a new user namespace if not privileged."""
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
