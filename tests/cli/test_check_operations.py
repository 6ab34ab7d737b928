"""`graphcontract check --operations`: what is selected, what is shown, and mistakes."""

from __future__ import annotations

import pytest

from tests.catalogue.making import OPERATIONS, text_of
from tests.cli.running import Here
from tests.operations.many import write_operations

CHECK = ("check", "reference", "--in-process", "--profile", "quick", "--no-once")
SEND = ("--operations", "POST /me/messages/{id}/send")


def test_operations_of_the_catalogue_are_checked(here: Here) -> None:
    events = here.events(*CHECK[1:], *SEND, status=0)
    assert [each["event"] for each in events] == ["header", "plan", "operation", "operation", "footer"]
    assert events[0]["kind"] == "operations"


def test_patterns_add_up_and_an_operation_is_checked_once(here: Here) -> None:
    ended = here(
        *CHECK, *SEND, "--operations", "me-messages-id-send-*", "--operations", "me-analytics-delete-beta"
    )
    assert ended.status == 0, ended
    assert "Judged 3 of 3 operations" in ended.out


def test_operations_come_from_another_source(here: Here) -> None:
    path = write_operations(here.folder)
    ended = here(*CHECK, "--from", str(path), "--operations", "beta DELETE *", "--select", "request.*")
    assert ended.status == 0, ended
    assert f"operations of {path}" in ended.out


def test_the_command_in_the_evidence_shows_the_fault_again(here: Here) -> None:
    (here.folder / "other_version.py").write_text(
        "from dataclasses import replace\n"
        "from graphcontract.clients.reference import make_call\n"
        "def call(call):\n"
        "    root = call.base_url.replace('/beta', '/v1.0')\n"
        "    return make_call(replace(call, base_url=root) if call.path.endswith('/send') else call)\n",
        encoding="utf-8",
    )
    words = ("python:other_version:call", "--in-process", "--profile", "quick", "--no-once")
    events = here.events(*words, "--operations", "beta POST /me/messages/{id}/*", status=1)
    (finding,) = (each for each in events if each["event"] == "finding")
    command = finding["evidence"]["repeat"].split()
    assert command[:3] == ["graphcontract", "check", "python:other_version:call"]
    again = here.events(*command[2:], status=1)
    id = finding["evidence"]["id"]
    assert [each["evidence"]["id"] for each in again if each["event"] == "finding"] == [id]
    here("check", *words, "--operations", "beta POST /me/messages/{id}/*", "--report", "jsonl=report.jsonl")
    shown = here("explain", id, "--report", "report.jsonl").out
    assert shown.startswith(f"{id} (MUST)\n  in 1 operation: me-messages-id-send-beta\n")
    _, explained = shown.split("\nrequest.path (MUST, ")
    assert "/beta/me/messages/{messageId}/send" in explained
    unknown = here("explain", "request.path-000000000000", "--report", "report.jsonl")
    assert (unknown.status, "has no evidence with the id" in unknown.err) == (2, True)
    same = here("report", "compare", "report.jsonl", "report.jsonl").out
    assert same.startswith("## operations.jsonl (shipped): 2 runs compared\n")


def test_a_pattern_without_a_match_names_the_nearest(here: Here) -> None:
    ended = here(*CHECK, "--operations", "/me/mesages/{id}/sendd")
    assert ended.status == 2
    assert "matches no operation" in ended.err
    assert "me-messages-id-send-beta" in ended.err


CONFLICTS = {
    "record": ("--record", "all"),
}


@pytest.mark.parametrize("words", CONFLICTS.values(), ids=CONFLICTS)
def test_options_that_do_not_fit_are_one_error(here: Here, words: tuple[str, ...]) -> None:
    ended = here(*CHECK, *SEND, *words)
    assert ended.status == 2
    assert ended.err.startswith(f"error: {words[0]} cannot be combined with --operations [option]")


@pytest.mark.parametrize("words", [("--from", "openapi.yaml"), ("--no-once",)], ids=["from", "no-once"])
def test_an_option_for_many_operations_alone_is_an_error(here: Here, words: tuple[str, ...]) -> None:
    ended = here(*(each for each in CHECK if each != "--no-once"), *words)
    assert ended.status == 2
    assert ended.err.startswith(f"error: {words[0]} needs --operations [option]")


def test_a_source_that_does_not_exist_is_a_usage_error(here: Here) -> None:
    ended = here(*CHECK, "--operations", "all", "--from", "lost.yaml")
    assert ended.status == 2
    assert ended.err.startswith("error: --from lost.yaml: this file does not exist [usage]\n")


@pytest.mark.parametrize("processes", ["1", pytest.param("2", marks=pytest.mark.nightly)])
def test_two_contracts_are_a_run_over_both(here: Here, processes: str) -> None:
    words = ("--contract", "sharepointmigrationtask-cancel", "--contract", "me-messages-id-send-beta")
    ended = here(*CHECK, *words, "-n", processes)
    assert ended.status == 0, ended
    assert "Judged 2 of 2 operations" in ended.out
    assert "Judged 1 of 1 operation" in here(*CHECK, *words, "--operations", "me-*").out


def test_a_contract_given_twice_is_an_error(here: Here) -> None:
    name = ("--contract", "sharepointmigrationtask-cancel")
    ended = here(*CHECK, *name, *name)
    assert ended.status == 2
    assert "both have the id sharepointmigrationtask-cancel" in ended.err


def test_operations_come_from_a_folder_of_contracts(here: Here) -> None:
    folder = here.folder / "contracts"
    folder.mkdir()
    ended = here(*CHECK, "--from", "contracts", "--operations", "all")
    assert (ended.status, "found none" in ended.err) == (2, True)
    for id in ("me-messages-id-send-beta", "me-messages-id-send-v1-0"):
        text = here("contracts", "show", id, "--json").out
        (folder / f"{id}.json").write_text(text, encoding="utf-8")
    (folder / "base.json").write_text(here("contracts", "show", "graph-service", "--json").out, "utf-8")
    ended = here(*CHECK, "--from", "contracts", "--operations", "*v1-0", "--operations", "* POST /me/*/send")
    assert ended.status == 0, ended
    assert "2 operations of contracts" in ended.out
    assert "matches no operation of contracts" in here(*CHECK, "--from", "contracts", "--operations", "x").err
    (folder / "copy.json").write_text(text, encoding="utf-8")
    assert "both have the id" in here(*CHECK, "--from", "contracts", "--operations", "all").err


def test_the_command_in_the_evidence_names_the_contracts(here: Here) -> None:
    (here.folder / "wrong.py").write_text(
        "from dataclasses import replace\n"
        "from graphcontract.clients.reference import make_call\n"
        "def call(call):\n"
        "    return make_call(replace(call, base_url=call.base_url + '/x'))\n",
        encoding="utf-8",
    )
    names = ("--contract", "sharepointmigrationtask-cancel", "--contract", "me-messages-id-send-beta")
    words = ("--in-process", "--profile", "quick", "--no-once")
    events = here.events("python:wrong:call", *words, *names, status=1)
    (finding,) = (each for each in events if each["event"] == "finding")
    again = here.events(*finding["evidence"]["repeat"].split()[2:], status=1)
    assert [each["evidence"]["id"] for each in again if each["event"] == "finding"] == [
        finding["evidence"]["id"]
    ]


def test_a_broken_line_is_an_error_before_any_call(here: Here) -> None:
    path = write_operations(here.folder)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3].replace('"route":"c"', '"route":"z"')
    path.write_text("\n".join(lines), encoding="utf-8")
    ended = here(*CHECK, "--from", str(path), "--operations", "all")
    assert ended.status == 2
    assert f"{path}:4" in ended.err
    assert ended.out == ""


def test_list_shows_the_clauses(here: Here) -> None:
    ended = here(*CHECK, *SEND, "--list", "--select", "request.m*")
    assert ended.status == 0
    assert ended.out.split()[:2] == ["MUST", "request.method"]


def test_a_clause_that_single_calls_do_not_show_is_an_error(here: Here) -> None:
    ended = here(*CHECK, *SEND, "--select", "retry.*")
    assert ended.status == 2
    assert "'retry.*' matches no clause" in ended.err


def test_a_report_of_many_operations_is_not_compared(here: Here) -> None:
    here(*CHECK, *SEND, "--report", "jsonl=report.jsonl")
    ended = here("diff", "report.jsonl", "report.jsonl")
    assert ended.status == 2
    assert "a run over many operations" in ended.err


def test_a_client_that_cannot_be_reached_is_one_error(here: Here) -> None:
    (here.folder / "elsewhere.py").write_text(
        "from graphcontract.exchange import Outcome\n"
        "def call(call):\n"
        "    return Outcome.failure(kind='transport', message='this host is not allowed')\n",
        encoding="utf-8",
    )
    ended = here("check", "python:elsewhere:call", "--in-process", *SEND)
    assert ended.status == 3
    assert "the client cannot be checked with this set-up" in ended.err
    assert "area" not in ended.out


def test_a_client_that_supports_nothing_has_a_status_of_its_own(here: Here) -> None:
    (here.folder / "nothing.py").write_text(
        "from graphcontract.exchange import Outcome\n"
        "def call(call):\n"
        "    return Outcome.unsupported('no such method')\n",
        encoding="utf-8",
    )
    ended = here("check", "python:nothing:call", "--in-process", *SEND)
    assert ended.status == 5
    assert "supports none of the operations" in ended.out


LIBRARY = """\
from graphcontract.clients.reference import make_call
IMPLEMENTATION = {"name": "library-sdk", "version": "1.0.0", "family": "library-sdk"}
def call(call):
    return make_call(call)
"""
OWN = ("python:own_family:call", "--in-process", "--no-once", "--profile=quick", "--from=library.jsonl")


def write_library(here: Here) -> None:
    """A client of a family, and a catalogue of eight operations, of which two have other sources."""
    (here.folder / "own_family.py").write_text(LIBRARY, encoding="utf-8")
    (here.folder / "library.jsonl").write_text(text_of(*OPERATIONS), encoding="utf-8")


def test_what_only_the_clients_family_states_is_counted_apart(here: Here) -> None:
    write_library(here)
    events = here.events(*OWN, "--operations", "all", status=0)
    judged = [each for each in events if each["event"] == "operation"]
    own = {each["operation"] for each in judged if each.get("self_derived")}
    assert {each["operation"] for each in judged} - own == {
        "library-loans-id-delete-beta",
        "library-loans-id-close-beta",
    }
    assert events[0]["implementation"]["family"] == "library-sdk"
    assert events[-1]["operations"]["self_derived"] == len(own) == 6
    ended = here("check", *OWN, "--operations", "all")
    assert "Judged 8 of 8 operations (6 self-derived), 0 not supported" in " ".join(ended.out.split())


def test_a_client_of_no_family_has_nothing_self_derived(here: Here) -> None:
    write_library(here)
    events = here.events("reference", *OWN[1:], "--operations", "all", status=0)
    assert not [each for each in events if "self_derived" in each]
    assert "self_derived" not in events[-1]["operations"]


def test_a_name_for_reports_leaves_the_family(here: Here) -> None:
    write_library(here)
    events = here.events(*OWN, "--operations", "all", "--implementation", "mine@2", status=0)
    assert events[0]["implementation"]["name"] == "mine"
    assert events[-1]["operations"]["self_derived"] == 6


def test_merged_shards_count_what_is_self_derived(here: Here) -> None:
    write_library(here)
    for shard in ("1/2", "2/2"):
        path = f"jsonl=part-{shard[0]}.jsonl"
        here("check", *OWN, "--operations", "all", "--shard", shard, "--report", path)
    ended = here("report", "merge", "part-1.jsonl", "part-2.jsonl")
    assert "Judged 8 of 8 operations (6 self-derived)" in " ".join(ended.out.split()), ended
