"""Texts that specify a client, and the errors for those that do not."""

from __future__ import annotations

import pytest

from graphcontract.clients import Client, Implementation, Start
from graphcontract.clients.command import CommandClient
from graphcontract.clients.process import ProcessClient
from graphcontract.clients.python import InProcessClient
from graphcontract.clients.spec import ClientSpecError, make_client
from graphcontract.errors import UserError


def made(spec: str, *, in_process: bool = False, implementation: str | None = None) -> Client:
    return make_client(
        spec,
        in_process=in_process,
        start_timeout=5.0,
        implementation=implementation,
        root="https://graph.test/beta",
    )


@pytest.mark.parametrize(
    ("spec", "in_process", "kind"),
    [
        ("reference", False, ProcessClient),
        ("reference", True, InProcessClient),
        ("reference-async", True, InProcessClient),
        (" reference-async\n", False, ProcessClient),
        ("python:package.module:cancel", False, ProcessClient),
        ("python: package.module:cancel", True, InProcessClient),
        ("process:node 'my driver.mjs'", False, ProcessClient),
        ("command:curl {url}", False, CommandClient),
    ],
)
def test_forms(spec: str, in_process: bool, kind: type) -> None:
    assert isinstance(made(spec, in_process=in_process), kind)


@pytest.mark.parametrize("spec", ["reference", "python:json:loads"])
@pytest.mark.parametrize("in_process", [False, True])
def test_python_functions_start(spec: str, in_process: bool) -> None:
    client = made(spec, in_process=in_process)
    client.start(Start("sharepointmigrationtask-cancel", ()))
    client.close()
    assert client.implementation.name == ("reference" if spec == "reference" else "json:loads")


@pytest.mark.parametrize("spec", ["python:a:b", "command:curl {url}"])
def test_implementation(spec: str) -> None:
    named = made(spec, in_process=spec.startswith("python"), implementation="my-client@1.2").implementation
    assert (named.name, named.version) == ("my-client", "1.2")


def test_process_splits_as_a_shell_does() -> None:
    assert made("process:node 'my driver.mjs' a\\ b").implementation == Implementation(
        "node 'my driver.mjs' 'a b'"
    )


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("", "No client is specified."),
        ("  ", "No client is specified."),
        ("python:", "`python` must be followed by"),
        ("python:package.module", "specifies a module without a callable"),
        ("python::cancel", "specifies a module without a callable"),
        ("process: ", "`process` must be followed by"),
        ("command", "`command` must be followed by"),
        ("my.module:cancel", "Did you mean `python:my.module:cancel`?"),
        ("module:Class.cancel", "Did you mean `python:module:Class.cancel`?"),
        ("my_adapter.py", "Did you mean `python:my_adapter:FUNCTION`?"),
        ("my_adapter.py:cancel", "Did you mean `python:my_adapter:cancel`?"),
        ("pyhton:module:cancel", "Did you mean `python:module:cancel`?"),
        ("Process:node x", "Did you mean `process:node x`?"),
        ("refrence", "Did you mean `reference`?"),
        ("reference:x", "Did you mean `reference`?"),
        ("curl -X POST {url}", "Did you mean `command:curl -X POST {url}`?"),
        ("node driver.mjs", "Did you mean `process:node driver.mjs`?"),
        ("./driver", "Did you mean `process:./driver`?"),
        ("https://graph.microsoft.com", "is not a client.\n"),
        ("banana", "`banana` is not a client.\n"),
        ("command:curl https://graph.microsoft.com", "needs {url} or {base_url}"),
        ("command:curl '{url}", "No closing quotation"),
        ("process:''' x", "No closing quotation"),
    ],
)
def test_no_client(spec: str, problem: str) -> None:
    with pytest.raises(ClientSpecError) as caught:
        made(spec)
    assert problem in str(caught.value)
    for form in ("reference ", "python:package.module:name", "process:node driver.mjs", "command:"):
        assert form in str(caught.value)


def test_an_error_is_a_user_error() -> None:
    assert issubclass(ClientSpecError, UserError)
    assert issubclass(ClientSpecError, ValueError)


@pytest.mark.parametrize("spec", ["process:node driver.mjs", "command:curl {url}"])
def test_only_functions_run_in_process(spec: str) -> None:
    with pytest.raises(ClientSpecError, match="run in process"):
        made(spec, in_process=True)


def test_driver_names_itself() -> None:
    with pytest.raises(ClientSpecError, match="declares its implementation itself"):
        made("process:node driver.mjs", implementation="x@1")
