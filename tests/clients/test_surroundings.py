"""Processes get the surroundings that they are started with, and nothing of them remains."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graphcontract.clients import Client, Start
from graphcontract.clients import surroundings as module
from graphcontract.clients.command import CommandClient
from graphcontract.clients.python_process import python_client
from graphcontract.clients.surroundings import Setting, Surroundings, list_sides
from graphcontract.exchange import Call, Outcome
from tests.clients.test_command import ROOT, a_call

Make = Callable[..., Surroundings]
SIDES = list_sides(debug=True, loops=True)
FOLDER, LIMIT = Setting("f", "f", folder=True), Setting("d", "d", descriptors=256)
SHOW = """
import json, os, resource, sys, time
print(json.dumps({"folder": os.getcwd(), "limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
                  "zone": time.localtime().tm_gmtoff, "arguments": sys.argv[1:],
                  "env": {name: os.environ.get(name) for name in ("NETRC", "NO_PROXY", "http_proxy")}}))
"""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Make surroundings for a process that is started in an empty folder; they are removed."""
    monkeypatch.chdir(tmp_path)
    made: list[Surroundings] = []

    def surroundings(*settings: Setting) -> Surroundings:
        made.append(Surroundings(settings))
        return made[-1]

    yield surroundings
    for each in made:
        each.remove()


def started(client: Client, surroundings: Surroundings) -> Client:
    client.start(Start("contract", ("127.0.0.1:1",), surroundings=surroundings))
    return client


def shown(surroundings: Surroundings) -> dict[str, object]:
    """What a command sees of its surroundings."""
    client = started(CommandClient([sys.executable, "-c", SHOW, "{url}"], root=ROOT), surroundings)
    found: dict[str, object] = json.loads(client.call(a_call("a 'b'")).output.splitlines()[-1])
    return found


def test_the_sides_differ_in_each_kind_of_setting() -> None:
    names = {side: {each.name for each in settings} for side, settings in SIDES.items()}
    assert names["east"] & names["west"] == {"time zone", "locale"}
    assert names["east"] - names["west"] == {"netrc", "descriptors", "debug log", "working folder"}
    assert names["west"] - names["east"] == {"proxy", "event loops"}
    assert not set(SIDES["east"]) & set(SIDES["west"])


def test_a_client_without_them_gets_no_debug_log_and_no_loops() -> None:
    names = {each.name for settings in list_sides(debug=False, loops=False).values() for each in settings}
    assert names.isdisjoint({"debug log", "event loops"})


@pytest.mark.parametrize("without_zones", [False, True])
@pytest.mark.parametrize(("side", "east"), [("east", True), ("west", False)])
def test_a_process_is_east_or_west_of_utc(
    make: Make, monkeypatch: pytest.MonkeyPatch, side: str, east: bool, without_zones: bool
) -> None:
    if without_zones:
        monkeypatch.setattr(module, "_ZONES", Path("/nowhere"))
    settings = list_sides(debug=False, loops=False)[side]
    offset = shown(make(*settings))["zone"]
    assert isinstance(offset, int)
    assert (offset > 0) is east
    assert offset != 0


def test_a_command_gets_limits_folder_and_environment(make: Make, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    east = shown(make(*SIDES["east"]))
    assert east["limit"] == 256
    assert east["folder"] != str(tmp_path)
    assert east["arguments"] == [f"{ROOT}/items/a%20%27b%27/content"]
    assert isinstance(east["env"], dict)
    assert Path(str(east["env"]["NETRC"])).name == "netrc"
    west = shown(make(*SIDES["west"]))
    assert west["folder"] == str(tmp_path)
    assert west["env"] == {
        "NETRC": None,
        "NO_PROXY": "127.0.0.1,localhost",
        "http_proxy": "http://127.0.0.1:9",
    }


def test_the_netrc_file_has_a_password_for_local_hosts(make: Make) -> None:
    import netrc

    file = make(*SIDES["east"]).env["NETRC"]
    assert Path(file).stat().st_mode & 0o077 == 0
    for host in ("127.0.0.1", "localhost"):
        found = netrc.netrc(file).authenticators(host)
        assert found is not None
        assert found[0] == "someone"


def test_relative_paths_lead_to_where_the_run_is_started(make: Make, tmp_path: Path) -> None:
    (tmp_path / "call.sh").write_text("cat settings/name; echo done >own.log\n", encoding="utf-8")
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "name").write_text("found", encoding="utf-8")
    surroundings = make(FOLDER)
    client = started(CommandClient(["sh", "call.sh", "{url}"], root=ROOT), surroundings)
    assert client.call(a_call()).output == "found"
    assert surroundings.read_files() == {"own.log": "done\n"}
    assert not (tmp_path / "own.log").exists()


def test_the_end_of_large_files_is_read_and_links_are_not(make: Make, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not the client's", encoding="utf-8")
    script = "mkdir -p a; head -c 200000 /dev/zero >a/log; printf end >>a/log; ln -s /etc/passwd b; mkfifo c"
    surroundings = make(FOLDER)
    assert started(CommandClient(["sh", "-c", script, "{url}"], root=ROOT), surroundings).call(a_call())
    (name,) = found = surroundings.read_files()
    assert name == "a/log"
    assert len(found[name]) == 64 * 1024
    assert found[name].endswith("end")


def test_remove_deletes_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept").write_text("kept", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    surroundings = Surroundings([*SIDES["east"]])
    root = Path(surroundings.env["NETRC"]).parent
    assert (root / "work" / "kept").is_symlink()
    surroundings.remove()
    assert not root.exists()
    assert (tmp_path / "kept").read_text(encoding="utf-8") == "kept"
    assert surroundings.read_files() == {}


def test_a_locale_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def env(*installed: str) -> dict[str, str]:
        monkeypatch.setattr(module, "_list_locales", lambda: installed)
        east = {each.name: each for each in list_sides(debug=False, loops=False)["east"]}
        return dict(east["locale"].env)

    assert env("C", "tr_TR.utf8") == {"LC_ALL": "tr_TR.utf8", "LANG": "tr_TR.utf8"}
    assert env("tr_TR.UTF-8")["LC_ALL"] == "tr_TR.UTF-8"
    assert env("C", "tr_TR.iso88599", "de_DE.utf8") == {
        "LC_ALL": "",
        "LC_CTYPE": "C.UTF-8",
        "LANG": "tr_TR.UTF-8",
        "LC_MESSAGES": "tr_TR.UTF-8",
    }


ADAPTER = """
import asyncio, os
from graphcontract.exchange import Outcome
loops = []
async def cancel(call):
    loops.append(asyncio.get_running_loop())
    return Outcome.success(request_id=f"{len(set(map(id, loops)))} {loops[0].is_closed()}")
"""


@pytest.mark.parametrize(("settings", "expected"), [(SIDES["west"], "2 True"), ((), "1 False")])
def test_an_async_adapter_has_an_event_loop_for_each_call(
    make: Make, tmp_path: Path, settings: tuple[Setting, ...], expected: str
) -> None:
    (tmp_path / "loops.py").write_text(ADAPTER, encoding="utf-8")
    client = started(python_client("loops:cancel"), make(*settings))
    try:
        call = Call("cancel", {"id": "x"}, "token", ROOT)
        outcomes = [client.call(call), client.call(call)]
    finally:
        client.close()
    assert outcomes[-1] == replace(Outcome.success(request_id=expected), output=outcomes[-1].output)
