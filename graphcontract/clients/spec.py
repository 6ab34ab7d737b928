"""Parses the text that specifies a client on the command line, and makes the client without starting it."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Collection

from graphcontract.clients import Client
from graphcontract.clients.command import CommandClient
from graphcontract.clients.process import ProcessClient
from graphcontract.clients.python import InProcessClient
from graphcontract.clients.python_process import python_client
from graphcontract.errors import UserError

_REFERENCE = {
    "reference": "python:graphcontract.clients.reference:make_call",
    "reference-http2": "python:graphcontract.clients.reference:make_http2_call",
    "reference-async": "python:graphcontract.clients.reference:make_call_async",
}
_KINDS = ("python", "process", "command")
_FORMS = """\
Specify a client in one of four forms:
  reference                   the built-in client; also reference-async, and
                              reference-http2, which speaks HTTP/2 over TLS
  python:package.module:name  a function that makes one call
  process:node driver.mjs     a driver that speaks JSON lines
  command:./call.sh {url}     a command for each call; also {method} {path}
                              {base_url} {token} {timeout}, and each parameter
                              by name"""
_SIMILARITY = 0.83  # difflib's ratio: `pyhton` and `proces` are suggested for, unrelated names are not


class ClientSpecError(UserError, ValueError):
    """A text that does not specify a client; the hint lists the forms."""

    code = "client-spec"

    def __init__(self, problem: str) -> None:
        super().__init__(problem, _FORMS)


def is_function(spec: str) -> bool:
    """Whether `spec` specifies a Python function, which may be `async`."""
    spec = spec.strip()
    return _REFERENCE.get(spec, spec).partition(":")[0] == "python"


def make_client(
    spec: str,
    *,
    in_process: bool,
    start_timeout: float,
    implementation: str | None,
    root: str,
    own_root: bool = False,
    parameters: Collection[str] = (),
) -> Client:
    """Make the client that `spec` specifies, not yet started; raises ClientSpecError.

    `in_process` keeps a Python function in this process; `start_timeout` is in seconds; `implementation` is
    `NAME[@VERSION]`; `root` is the contract's service root with its version. With `own_root` calls have no
    base URL. `parameters` are the names of those of the operation.
    """
    spec = spec.strip()
    kind, _, rest = _REFERENCE.get(spec, spec).partition(":")
    rest = rest.strip()
    if kind not in _KINDS or not rest:
        raise ClientSpecError(_describe_mistake(spec))
    if kind == "python":
        if not all(rest.partition(":")):
            raise ClientSpecError(f"`{spec}` specifies a module without a callable in it.")
        if in_process:
            return InProcessClient(rest, implementation=implementation)
        return python_client(rest, implementation=implementation, start_timeout=start_timeout)
    if in_process:
        raise ClientSpecError(
            f"`{kind}:` is a separate process: only `python:` and `reference` can run in process."
        )
    if kind == "process" and implementation:
        raise ClientSpecError(
            "A `process:` driver declares its implementation itself: remove --implementation."
        )
    try:
        argv = shlex.split(rest)
        if kind == "process":
            return ProcessClient(argv, start_timeout=start_timeout)
        return CommandClient(
            argv, root=root, implementation=implementation, own_root=own_root, parameters=parameters
        )
    except ValueError as error:
        raise ClientSpecError(f"`{spec}` cannot be run: {error}.") from None


def _describe_mistake(spec: str) -> str:
    """Describe what is wrong with a text of none of the forms, and suggest what was probably meant."""
    if not spec:
        return "No client is specified."
    kind, colon, rest = spec.partition(":")
    if kind in _KINDS:
        return f"`{kind}` must be followed by `:` and what to run."
    similar = difflib.get_close_matches(kind.lower(), [*_REFERENCE, *_KINDS], n=1, cutoff=_SIMILARITY)
    if similar:
        suggestion = similar[0] if similar[0] in _REFERENCE else f"{similar[0]}{colon}{rest}"
    elif found := re.fullmatch(r"(?P<module>\w+)\.py(:(?P<name>\w+))?", spec):
        suggestion = f"python:{found['module']}:{found['name'] or 'FUNCTION'}"
    elif re.fullmatch(r"[\w.]+:[\w.]+", spec):
        suggestion = f"python:{spec}"
    elif "{url}" in spec or "{base_url}" in spec:
        suggestion = f"command:{spec}"
    elif "://" not in spec and re.search(r"[ /]", spec):
        suggestion = f"process:{spec}"
    else:
        return f"`{spec}` is not a client."
    return f"`{spec}` is not a client. Did you mean `{suggestion}`?"
