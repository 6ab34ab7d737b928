"""One command a call: what is put into its arguments, and what its end means."""

from __future__ import annotations

import json
import os
import select
import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graphcontract.clients import ClientUnavailable, Start
from graphcontract.clients.command import CommandClient
from graphcontract.exchange import Call, Outcome, RequestRule

START = Start("sharepointmigrationtask-cancel", ("127.0.0.1:1",))
ROOT = "http://127.0.0.1:1/beta"
RULE = RequestRule(
    method="DELETE",
    root="https://graph.test",
    version="beta",
    path="/items/{itemId}/content",
    parameters={"itemId": {"type": "string"}},
    query="absent",
    fields={},
    content="absent",
)
SHOW = """
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "stdin": sys.stdin.read(), "env": dict(os.environ),
                  "group": os.getpgrp() == os.getpid()}))
"""


def a_call(
    task_id: str = "3ed6d46d", token: str = "token", root: str | None = ROOT, timeout: float = 10.0
) -> Call:
    return Call("operation", {"itemId": task_id}, token, root, timeout, request=RULE)


def python(source: str, *arguments: str) -> CommandClient:
    """A started client that runs a Python program."""
    client = CommandClient([sys.executable, "-c", source, *(arguments or ("{url}",))], root=ROOT)
    client.start(START)
    return client


def shown(call: Call, *arguments: str) -> dict[str, object]:
    outcome = python(SHOW, *arguments).call(call)
    assert outcome.kind == "success", outcome
    found: dict[str, object] = json.loads(outcome.output)
    return found


def test_placeholders() -> None:
    arguments = (
        "{url}",
        "--root={base_url}",
        "{method}",
        "Bearer {token}",
        "{task_id}{task_id}",
        "{timeout}",
        "{other} {}",
        "{{url}}",
    )
    assert shown(a_call("a/b"), *arguments)["arguments"] == [
        f"{ROOT}/items/a%2Fb/content",
        f"--root={ROOT}",
        "DELETE",
        "Bearer token",
        "a/ba/b",
        "10",
        "{other} {}",
        "{" + f"{ROOT}/items/a%2Fb/content" + "}",
    ]


def test_each_parameter_has_a_placeholder() -> None:
    rule = replace(
        RULE,
        path="/teams/{teamId}/find(name='{name}')",
        parameters={
            "teamId": {"type": "string"},
            "name": {"type": "string"},
            "token": {"type": "string", "in": "query", "name": "@id"},
        },
    )
    call = replace(a_call(), request=rule, arguments={"teamId": "a/b", "name": "d'e", "token": "x"})
    argv = ["{teamId} {name} {other}", "{path}", "{token}"]
    client = CommandClient(
        [sys.executable, "-c", SHOW, *argv, "{base_url}"], root=ROOT, parameters=rule.parameters
    )
    client.start(START)
    path = "/teams/a%2Fb/find(name='d%27%27e')?@id=x"
    assert json.loads(client.call(call).output)["arguments"] == ["a/b d'e {other}", path, "token", ROOT]
    assert client.shows == {"id"}


def test_task_id_is_for_one_parameter() -> None:
    call = replace(a_call(), arguments={"teamId": "a", "channelId": "b"})
    outcome = python(SHOW, "{base_url}", "{task_id}").call(call)
    assert outcome.kind == "unsupported"
    assert "this one has {teamId}, {channelId}" in (outcome.reason or "")


def test_what_is_put_in_is_not_read_again() -> None:
    given = shown(a_call("{token}", token="{task_id}"), "{base_url}", "{task_id}", "{token}")
    assert given["arguments"] == [ROOT, "{token}", "{task_id}"]


@pytest.mark.parametrize("task_id", ["a b", "é", "\n", "$(id)", "'\"", "%2F", "..."])
def test_id_in_the_url_is_one_segment(task_id: str) -> None:
    arguments = shown(a_call(task_id))["arguments"]
    assert isinstance(arguments, list)
    segment = arguments[0].removeprefix(f"{ROOT}/items/").removesuffix("/content")
    assert not set(segment) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%")


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("MARK", "kept")
    found = shown(a_call(token="secret"))
    env = found["env"]
    assert isinstance(env, dict)
    assert (env["GRAPHCONTRACT_TOKEN"], env["MARK"]) == ("secret", "kept")
    assert "https_proxy" not in env
    assert (found["stdin"], found["group"]) == ("", True)


def test_status_zero_is_success() -> None:
    assert python("print('done')").call(a_call()) == Outcome("success", output="done\n")


def test_another_status_is_failure() -> None:
    outcome = python("import sys; print('no', file=sys.stderr); sys.exit(22)").call(a_call())
    assert (outcome.kind, outcome.reported_status, outcome.output) == ("failure", None, "no\n")
    assert outcome.error is not None
    assert outcome.error.type == "exit status 22"


def test_signal_is_a_crash() -> None:
    outcome = python("import os; os.kill(os.getpid(), 15)").call(a_call())
    assert (outcome.kind, outcome.died, outcome.reason) == (
        "crash",
        False,
        "the command was ended by SIGTERM",
    )


GRANDCHILD = """
import os, subprocess, sys
mark = os.open(sys.argv[2], os.O_WRONLY)
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], pass_fds=[mark])
"""


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A pipe with a name, and its reading end: it hangs up when all that opened it for writing are gone."""
    path = tmp_path / "mark"
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield str(path), reading
    os.close(reading)


def hangs_up(reading: int) -> bool:
    poll = select.poll()
    poll.register(reading, 0)
    return bool(poll.poll(10_000))


def test_longer_than_its_time_is_a_hang_and_ends_its_group(mark: tuple[str, int]) -> None:
    outcome = python(GRANDCHILD + "child.wait()", "{url}", mark[0]).call(a_call(timeout=0.01))
    assert (outcome.kind, outcome.reason) == ("hang", "the command had not ended after 1.01 s")
    assert hangs_up(mark[1])


def test_what_it_leaves_behind_ends_with_it(mark: tuple[str, int]) -> None:
    outcome = python(GRANDCHILD + "os._exit(0)", "{url}", mark[0]).call(a_call(timeout=60))
    assert outcome.kind == "success"
    assert hangs_up(mark[1])


def test_closed_output_does_not_end_the_call() -> None:
    outcome = python("import os, sys; os.close(1); os.close(2); os._exit(len(sys.stdin.read()) + 7)").call(
        a_call()
    )
    assert outcome.error is not None
    assert outcome.error.type == "exit status 7"


def test_flood_keeps_its_tail() -> None:
    flood = "import sys\nfor _ in range(1600): sys.stdout.write('x' * 65536)\nprint('the end')"
    outcome = python(flood).call(a_call(timeout=30))
    assert outcome.kind == "success"
    assert outcome.output.endswith("xthe end\n")
    assert len(outcome.output) == 64 * 1024


def test_endless_flood_is_a_hang() -> None:
    flood = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    assert python(flood).call(a_call(timeout=0.01)).kind == "hang"


def test_output_that_is_not_text() -> None:
    assert python("import os; os.write(1, b'\\xff\\x00')").call(a_call()).output == "\ufffd\0"


@pytest.mark.parametrize(
    ("call", "arguments", "reason"),
    [
        (a_call(""), ("{url}",), "''"),
        (a_call("."), ("{url}",), "'.'"),
        (a_call(".."), ("{url}",), "'..'"),
        (a_call("a\0"), ("{base_url}", "{task_id}"), "null byte"),
        (a_call(token="a\0"), ("{url}",), "null byte"),
        (a_call("\ud800"), ("{url}",), "surrogates"),
        (a_call("\ud800"), ("{base_url}", "{task_id}"), "surrogates"),
        (a_call(token="\ud800"), ("{url}",), "surrogates"),
        (a_call("x" * 4_000_000), ("{url}",), "too long"),
    ],
)
def test_inexpressible(call: Call, arguments: tuple[str, ...], reason: str) -> None:
    outcome = python("", *arguments).call(call)
    assert outcome.kind == "unsupported"
    assert reason in (outcome.reason or "")


@pytest.mark.parametrize("task_id", ["", ".", ".."])
def test_unusable_id_is_the_command_s_own_to_refuse(task_id: str) -> None:
    assert shown(a_call(task_id), "{base_url}", "{task_id}")["arguments"] == [ROOT, task_id]


@pytest.mark.parametrize("argv", [["curl"], ["curl", "{token}", "{task_id}"], ["curl", "{URL}"], []])
def test_nowhere_to_send_to(argv: list[str]) -> None:
    with pytest.raises(ValueError, match=r"needs \{url\} or \{base_url\}"):
        CommandClient(argv, root=ROOT)


def test_no_such_program() -> None:
    client = CommandClient(["no-such-program", "{url}"], root=ROOT)
    with pytest.raises(ClientUnavailable, match="program `no-such-program` was not found") as caught:
        client.start(START)
    assert "full path" in caught.value.hint


def test_program_that_cannot_be_run(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    client = CommandClient([str(program), "{url}"], root=ROOT)
    client.start(START)
    assert client.call(a_call()).kind == "crash"


def test_call_before_start() -> None:
    with pytest.raises(RuntimeError, match="before start"):
        CommandClient(["curl", "{url}"], root=ROOT).call(a_call())


def test_what_it_shows() -> None:
    client = CommandClient(["/usr/bin/curl", "{url}"], root=ROOT)
    assert client.implementation.name == "curl"
    assert (client.budget, client.concurrency, client.shows) == (20, 1, frozenset())
    assert (client.limits.surface, client.limits.status) == ("generic", False)
    assert CommandClient(shlex.split("curl {base_url}/{task_id}"), root=ROOT).shows == {"id"}
    assert CommandClient(["curl", "{url}"], root=ROOT, implementation="curl@8").implementation.version == "8"
