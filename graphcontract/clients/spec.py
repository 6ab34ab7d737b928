"""From the words that name a client on a command line to the client.

Knows the forms that there are; it starts nothing.
"""

from __future__ import annotations

import difflib
import re
import shlex

from graphcontract.clients import Client
from graphcontract.clients.command import CommandClient
from graphcontract.clients.process import ProcessClient
from graphcontract.clients.python import InProcessClient
from graphcontract.clients.python_driver import python_client
from graphcontract.errors import UserError

_REFERENCE = {
    "reference": "python:graphcontract.clients.reference:cancel",
    "reference-async": "python:graphcontract.clients.reference:cancel_async",
}
_KINDS = ("python", "process", "command")
_FORMS = """\
A client is named in one of four forms:
  reference                     the client that comes with graphcontract (or reference-async)
  python:package.module:cancel  a function that makes one call
  process:node driver.mjs       a driver that speaks JSON lines
  command:./cancel.sh {url}     a command that makes one call; also {base_url} {token} {task_id} {timeout}"""
_ALIKE = 0.83


class ClientSpecError(UserError, ValueError):
    """A text that names no client; `str()` says what is wrong with it and lists the forms."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}\n{_FORMS}")


def make_client(
    spec: str,
    *,
    in_process: bool,
    start_timeout: float,
    implementation: str | None,
    root: str,
    path: str,
    own_root: bool = False,
) -> Client:
    """Make the client that `spec` names, not yet started; raises ClientSpecError.

    `in_process` keeps a Python function in this process; `start_timeout` is in seconds; `implementation` is
    `NAME[@VERSION]`; `root` is the contract's service root with its version, `path` the path below it with
    its parameter in braces. With `own_root` calls name no root.
    """
    spec = spec.strip()
    kind, _, rest = _REFERENCE.get(spec, spec).partition(":")
    rest = rest.strip()
    if kind not in _KINDS or not rest:
        raise ClientSpecError(_mistaken(spec))
    if kind == "python":
        if not all(rest.partition(":")):
            raise ClientSpecError(f"`{spec}` names a module and no callable in it.")
        if in_process:
            return InProcessClient(rest, implementation=implementation)
        return python_client(rest, implementation=implementation, start_timeout=start_timeout)
    if in_process:
        raise ClientSpecError(
            f"`{kind}:` is a process of its own: only `python:` and `reference` run in process."
        )
    if kind == "process" and implementation:
        raise ClientSpecError("A `process:` driver says itself who it is: no implementation is named for it.")
    try:
        argv = shlex.split(rest)
        if kind == "process":
            return ProcessClient(argv, start_timeout=start_timeout)
        return CommandClient(argv, root=root, path=path, implementation=implementation, own_root=own_root)
    except ValueError as error:
        raise ClientSpecError(f"`{spec}` cannot be run: {error}.") from None


def _mistaken(spec: str) -> str:
    """Say what is wrong with a text of none of the forms, and what may have been meant."""
    if not spec:
        return "No client is named."
    kind, colon, rest = spec.partition(":")
    if kind in _KINDS:
        return f"`{kind}` has nothing after it to say which."
    alike = difflib.get_close_matches(kind.lower(), [*_REFERENCE, *_KINDS], n=1, cutoff=_ALIKE)
    if alike:
        meant = alike[0] if alike[0] in _REFERENCE else f"{alike[0]}{colon}{rest}"
    elif re.fullmatch(r"[\w.]+:[\w.]+", spec):
        meant = f"python:{spec}"
    elif "{url}" in spec or "{base_url}" in spec:
        meant = f"command:{spec}"
    elif "://" not in spec and re.search(r"[ /]", spec):
        meant = f"process:{spec}"
    else:
        return f"`{spec}` names no client."
    return f"`{spec}` names no client. Did you mean `{meant}`?"
