"""Whole runs: what they are allowed, what they say, and how they end."""

from __future__ import annotations

import itertools
import json
import re
import signal
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphcontract.contract.jsonfile import ContractError
from graphcontract.errors import UserError
from graphcontract.judging.run_recorder import ExitStatus
from graphcontract.live.credentials import NoCredential
from graphcontract.live.options import LiveOptions, LiveUnreachable
from graphcontract.live.recording import RecordingError
from graphcontract.live.run import Live
from graphcontract.live.safety.journal import JournalError
from graphcontract.live.safety.privilege import WrongPrivilege
from graphcontract.live.sender import Sender
from graphcontract.run.options import OptionError
from graphcontract.tenant import Running, Status
from graphcontract.wire import Fields
from tests.live import COLLECTION, environment, judge, requests, tasks
from tests.live.hostile import Answering, answering, asked

ALLOWED = {"allow_cancel": True}


def get_rejection(tenant: Running, folder: Path, kind: type[UserError], **options: Any) -> str:
    """The one error of a run that must not send anything."""
    before = standing(tenant)
    with pytest.raises(kind) as caught:
        judge(tenant, folder, **options)
    assert standing(tenant) == before
    return str(caught.value)


def standing(tenant: Running) -> set[tuple[str, str]]:
    """How a tenant's tasks stand."""
    return {(task.id, task.status) for task in tenant.tasks.all()}


def status_of(tenant: Running, id: str) -> str:
    task = tenant.tasks.get(id)
    assert task is not None
    return task.status


def turning(
    patch: pytest.MonkeyPatch,
    after: int,
    answer: tuple[int, tuple[tuple[str, str], ...]],
    times: int = 1_000_000,
) -> None:
    """Let the run's own credential be answered like this after so many requests."""
    tokens: list[str] = []
    counter, send = itertools.count(), Sender.send

    def sent(self: Sender, method: str, target: str, fields: Fields, content: bytes = b"") -> Any:
        request, response = send(self, method, target, fields, content)
        tokens.extend(request.values("authorization"))
        own = request.values("authorization") == tokens[:1]  # the first request of a run has it
        if not own or not after <= next(counter) < after + times:
            return request, response
        status, more = answer
        ids = tuple(each for each in response.fields if each[0].lower().endswith("request-id"))
        made = (("WWW-Authenticate", "Bearer"), *ids, *more)
        error = b'{"error":{"code":"x","message":"y"}}'
        return request, replace(response, status=status, fields=made, content=error)

    patch.setattr(Sender, "send", sent)


class TestByDefault:
    def test_nothing_that_exists_changes(self, tenant: Running, tmp_path: Path) -> None:
        before = standing(tenant)
        log = tmp_path / "log.jsonl"
        assert judge(tenant, tmp_path, request_log=log).status == 0
        assert standing(tenant) == before
        assert {line["method"] for line in requests(log)} > {"GET", "POST"}

    def test_get_only(self, tenant: Running, tmp_path: Path) -> None:
        log = tmp_path / "log.jsonl"
        result = judge(tenant, tmp_path, get_only=True, request_log=log)
        assert {line["method"] for line in requests(log)} == {"GET"}
        assert not any(line["target"].endswith("/cancel") for line in requests(log))
        assert result.status == 0
        assert "service.unknown-task" in result.of("pass")
        assert not (tmp_path / "journal.jsonl").exists()

    def test_a_client_request_id_for_each_call(self, tenant: Running, tmp_path: Path) -> None:
        log = tmp_path / "log.jsonl"
        judge(tenant, tmp_path, request_log=log)
        ids = [line["client-request-id"] for line in requests(log)]
        assert len(set(ids)) == len(ids) > 20

    def test_select_sends_what_the_clause_rests_on(self, tenant: Running, tmp_path: Path) -> None:
        log = tmp_path / "log.jsonl"
        result = judge(tenant, tmp_path, select=("service.authentication",), request_log=log)
        assert result.of("pass") == {"service.authentication"}
        assert not {"malformed"} & {line["purpose"] for line in requests(log)}


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"tenant_url": ""}, "--tenant-url"),
            ({"tenant_url": "https://evil.example"}, "not allowed"),
            ({"tasks": ("t-1",)}, "--allow-cancel"),
            ({"started_tasks": ("t-1",)}, "--allow-cancel"),
            ({"create": Path("x.json")}, "--allow-cancel"),
            (ALLOWED, "needs a task"),
            (ALLOWED | {"tasks": ("t-1",), "get_only": True}, "--get-only"),
            (ALLOWED | {"tasks": ("../x",)}, "is not a task id"),
            (ALLOWED | {"tasks": ("a/b",)}, "is not a task id"),
            (ALLOWED | {"tasks": ("a%2Fb",)}, "is not a task id"),
            (ALLOWED | {"tasks": ("",)}, "is not a task id"),
            (ALLOWED | {"tasks": ("not-a-guid",)}, "is not a task id"),
            (ALLOWED | {"tasks": ("t-1", "t-1")}, "twice"),
            (ALLOWED | {"tasks": ("t-1",), "started_tasks": ("t-1",)}, "twice"),
            (ALLOWED | {"tasks": tuple(f"t-{n}" for n in range(21))}, "more than 20"),
            (ALLOWED | {"tasks": ("t-1",), "risk_running_task": True}, "--started-task"),
            (ALLOWED | {"tasks": ("t-1",), "confirm_tenant": "another"}, "another tenant"),
            ({"select": ("retry.after",)}, "retry.after"),
        ],
    )
    def test_words_that_do_not_go_together(
        self, tenant: Running, tmp_path: Path, options: Mapping[str, Any], says: str
    ) -> None:
        assert says in get_rejection(tenant, tmp_path, UserError, **options)

    def test_a_cancel_elsewhere_needs_the_tenants_name(self) -> None:
        with pytest.raises(OptionError, match="--confirm-tenant"):
            Live.of(LiveOptions("https://graph.microsoft.com", allow_cancel=True, tasks=("t-1",)))

    def test_a_tenant_that_cannot_be_read_is_not_the_one_that_was_confirmed(
        self, tenant: Running, tmp_path: Path
    ) -> None:
        options = ALLOWED | {"tasks": ("t-1",), "confirm_tenant": tenant.tenant_id}
        opaque = environment(tenant, GRAPHCONTRACT_TOKEN="x" * 40)
        assert "no tenant that can be read" in get_rejection(
            tenant, tmp_path, OptionError, env=opaque, **options
        )

    def test_the_plan_sends_nothing(self, tenant: Running) -> None:
        before = standing(tenant)
        steps = list(Live.of(LiveOptions(tenant.root, allow_cancel=True, tasks=("t-1",))).plan())
        assert standing(tenant) == before
        assert sum(step.purpose == "cancel" for step in steps) == 1
        assert steps[-1].purpose == "malformed"

    def test_the_run_makes_no_other_requests_than_its_plan(self, tenant: Running, tmp_path: Path) -> None:
        named = tasks(tenant, Status.NOT_STARTED)
        log = tmp_path / "log.jsonl"
        judge(tenant, tmp_path, allow_cancel=True, tasks=named, request_log=log)
        plan = Live.of(LiveOptions(tenant.root, allow_cancel=True, tasks=named)).plan()
        made = [(line["method"], line["purpose"]) for line in requests(log)]
        more_pages = [at for at in range(1, len(made)) if made[at] == made[at - 1] == ("GET", "list")]
        assert [each for at, each in enumerate(made) if at not in more_pages] == [
            (step.method, step.purpose) for step in plan
        ]


class TestPrivilege:
    def test_more_than_is_needed_is_said(self, tenant: Running, tmp_path: Path) -> None:
        (line,) = judge(tenant, tmp_path).said
        assert "SharePointCrossTenantMigration.Read.All" in line

    def test_and_refused_where_that_is_asked_for(self, tenant: Running, tmp_path: Path) -> None:
        assert "Read.All" in get_rejection(tenant, tmp_path, WrongPrivilege, require_least_privilege=True)

    def test_so_is_one_that_cannot_be_read(self, tenant: Running, tmp_path: Path) -> None:
        opaque = environment(tenant, GRAPHCONTRACT_TOKEN="x" * 40)
        says = get_rejection(tenant, tmp_path, WrongPrivilege, env=opaque, require_least_privilege=True)
        assert "counts as privileged" in says

    def test_a_cancel_needs_it(self, tenant: Running, tmp_path: Path) -> None:
        reader = environment(tenant, GRAPHCONTRACT_TOKEN=tenant.token("reader"))
        says = get_rejection(tenant, tmp_path, WrongPrivilege, env=reader, **ALLOWED, tasks=("t-1",))
        assert "Manage.All" in says

    def test_the_second_credential_must_lack_it(self, tenant: Running, tmp_path: Path) -> None:
        twice = environment(tenant, GRAPHCONTRACT_TOKEN_UNPRIVILEGED=tenant.token("privileged"))
        assert "second credential" in get_rejection(tenant, tmp_path, WrongPrivilege, env=twice)

    def test_the_least_is_enough_at_night(self, tenant: Running, tmp_path: Path) -> None:
        reader = environment(tenant, GRAPHCONTRACT_TOKEN=tenant.token("reader"))
        result = judge(tenant, tmp_path, env=reader, require_least_privilege=True)
        assert result.status == 0
        assert "service.permission" in result.of("pass")
        assert any("may not cancel" in line for line in result.said)

    def test_what_a_lesser_token_cannot_show_is_not_judged_and_said(
        self, tenant: Running, tmp_path: Path
    ) -> None:
        nothing = environment(tenant, GRAPHCONTRACT_TOKEN=tenant.token("unprivileged"))
        result = judge(tenant, tmp_path, env=nothing)
        verdict = result.verdicts["service.unknown-task"]
        assert verdict["verdict"] == "not-exercised"
        assert "403" in verdict["reason"]
        assert result.status == 3


class TestCancel:
    def test_the_task_is_cancelled_and_no_other(self, tenant: Running, tmp_path: Path) -> None:
        named, other = tasks(tenant, Status.NOT_STARTED, Status.NOT_STARTED)
        assert judge(tenant, tmp_path, allow_cancel=True, tasks=(named,)).status == 0
        assert status_of(tenant, named) is Status.CANCELLED
        assert status_of(tenant, other) is Status.NOT_STARTED

    def test_other_tasks_that_change_meanwhile_are_listed_by_hashed_ids(
        self, tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        named, other = tasks(tenant, Status.NOT_STARTED, Status.NOT_STARTED)
        send = Sender.send

        def sent(self: Sender, method: str, target: str, fields: Fields, content: bytes = b"") -> Any:
            if target.endswith(f"{named}/cancel") and status_of(tenant, other) is Status.NOT_STARTED:
                tenant.tasks.move(other, Status.CANCELLED)
            return send(self, method, target, fields, content)

        monkeypatch.setattr(Sender, "send", sent)
        select = ("service.cancel", "service.effect")
        result = judge(tenant, tmp_path, allow_cancel=True, tasks=(named,), select=select)
        assert result.status == 0
        reason = result.verdicts["service.effect"]["reason"]
        assert re.search(r"meanwhile.*: [0-9a-f]{12} \(notStarted, then cancelled\)", reason)
        assert other not in result.text

    @pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.COMPLETED, Status.FAILED])
    def test_a_task_that_has_started_is_left_alone(
        self, tenant: Running, tmp_path: Path, status: Status
    ) -> None:
        (named,) = tasks(tenant, status)
        log = tmp_path / "log.jsonl"
        result = judge(tenant, tmp_path, allow_cancel=True, tasks=(named,), request_log=log)
        assert "service.cancel" in result.of("not-exercised")
        assert any(f"it is {status}" in line for line in result.said)
        assert not any(
            line["purpose"] in ("cancel", "no-token") and line["method"] != "GET" and line["status"] == 204
            for line in requests(log)
        )

    def test_a_started_task_that_has_not_started_is_left_alone(self, tenant: Running, tmp_path: Path) -> None:
        (named,) = tasks(tenant, Status.NOT_STARTED)
        log = tmp_path / "log.jsonl"
        result = judge(tenant, tmp_path, allow_cancel=True, started_tasks=(named,), request_log=log)
        assert status_of(tenant, named) is Status.NOT_STARTED
        assert "started" not in {line["purpose"] for line in requests(log)}
        assert any("was not cancelled: it is notStarted" in line for line in result.said)


class TestEnds:
    def test_with_3_where_nothing_answers(self, tenant: Running, tmp_path: Path) -> None:
        with pytest.raises(LiveUnreachable, match="cannot be reached") as caught:
            judge(tenant, tmp_path, tenant_url="http://127.0.0.1:9")
        assert caught.value.status == 3

    @pytest.mark.parametrize("status", [429, 503])
    def test_with_3_where_all_is_throttled(self, tenant: Running, tmp_path: Path, status: int) -> None:
        with answering(Answering(status, (("Retry-After", "2"),))) as root, pytest.raises(LiveUnreachable):
            judge(tenant, tmp_path, tenant_url=root)

    def test_with_5_where_all_is_401(self, tenant: Running, tmp_path: Path) -> None:
        with answering(Answering(401, (("request-id", "x"),))) as root:
            result = judge(tenant, tmp_path, tenant_url=root)
        assert result.status == 5
        assert result.of("pass", "fail") == set()

    def test_an_expired_token_gives_no_verdict_on_the_tenant(self, tenant: Running, tmp_path: Path) -> None:
        expired = tenant.directory.token("privileged", lifetime=-10)
        result = judge(tenant, tmp_path, env=environment(tenant, GRAPHCONTRACT_TOKEN=expired))
        assert result.status == 5

    @pytest.mark.parametrize("after", [5, 9, 20, 30])
    def test_with_3_where_the_credential_expires_on_the_way(
        self, tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
    ) -> None:
        named = tasks(tenant, Status.NOT_STARTED)
        turning(monkeypatch, after, (401, ()))
        result = judge(tenant, tmp_path, allow_cancel=True, tasks=named)
        assert result.status == 3
        assert not result.of("fail")
        assert any("expired or was revoked" in line for line in result.said)
        assert "expired" in result.verdicts["service.malformed-id"]["reason"]

    def test_or_before_anything_was_judged(
        self, tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        turning(monkeypatch, 2, (401, ()))
        with pytest.raises(LiveUnreachable, match="expired or was revoked"):
            judge(tenant, tmp_path)

    def test_with_3_where_there_is_no_token_any_more(self, tenant: Running, tmp_path: Path) -> None:
        tokens = iter([tenant.token()] * 12)

        def get() -> str:
            try:
                return next(tokens)
            except StopIteration:
                raise NoCredential("azure-identity has no token") from None

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("graphcontract.live.credentials._find_main", lambda *_: get)
            result = judge(tenant, tmp_path)
        assert result.status == 3
        assert any("no new token" in line for line in result.said)

    @pytest.mark.parametrize(
        ("status", "fields"), [(429, (("Retry-After", "2"),)), (429, (("Retry-After", "9000"),)), (503, ())]
    )
    def test_with_3_where_the_tenant_is_busy_for_good(
        self,
        tenant: Running,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        status: int,
        fields: tuple[tuple[str, str], ...],
    ) -> None:
        log = tmp_path / "log.jsonl"
        turning(monkeypatch, 9, (status, fields))
        result = judge(tenant, tmp_path, request_log=log)
        assert result.status == 3
        assert not result.of("fail")
        assert len(requests(log)) < 40
        assert any("the run ended early" in line for line in result.said)

    def test_with_1_where_a_clause_was_violated_before(
        self, tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tenant.behave("fails-on-unknown")
        turning(monkeypatch, 12, (401, ()))
        result = judge(tenant, tmp_path)
        assert result.status == 1
        assert result.of("fail") == {"service.unknown-task"}

    def test_one_request_that_is_answered_401_ends_nothing(
        self, tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        turning(monkeypatch, 9, (401, ()), times=1)
        result = judge(tenant, tmp_path)
        assert result.status == 0
        assert not any("ended early" in line for line in result.said)

    def test_at_the_first_run_of_5xx(self, tenant: Running, tmp_path: Path) -> None:
        log = tmp_path / "log.jsonl"
        with answering(Answering(500)) as root:
            result = judge(tenant, tmp_path, tenant_url=root, request_log=log)
        assert len(requests(log)) == 3
        assert result.status == 1
        assert any("5xx" in line for line in result.said)

    def test_when_the_budget_is_spent(self, tenant: Running, tmp_path: Path) -> None:
        log = tmp_path / "log.jsonl"
        result = judge(tenant, tmp_path, budget=6, request_log=log)
        assert len(requests(log)) == 6
        assert result.status == 3
        assert "budget" in result.verdicts["service.malformed-id"]["reason"]

    def test_a_journal_that_cannot_be_written_ends_what_could_change_anything(
        self, tenant: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (named,) = tasks(tenant, Status.NOT_STARTED)
        log = tmp_path / "log.jsonl"

        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        def fill(event: Mapping[str, Any]) -> None:
            if event["event"] == "plan":
                monkeypatch.setattr("os.fsync", full)

        result = judge(tenant, tmp_path, allow_cancel=True, tasks=(named,), emit=fill, request_log=log)
        monkeypatch.undo()
        assert status_of(tenant, named) == "notStarted"
        assert result.events[-1]["event"] == "footer"
        assert any("No space left" in line for line in result.said)

    def test_redirections_are_not_followed(self, tenant: Running, tmp_path: Path) -> None:
        with (
            answering(Answering(200)) as other,
            answering(Answering(307, (("Location", f"{other}{COLLECTION}"),))) as root,
        ):
            judge(tenant, tmp_path, tenant_url=root)
            assert not asked(other)
            assert asked(root)

    def test_with_known_failures_as_check_does(self, tenant: Running, tmp_path: Path) -> None:
        tenant.behave("no-challenge")
        listed = tmp_path / "known.json"
        listed.write_text('{"known_failures": []}')
        options: dict[str, Any] = {"select": ("service.challenge",), "get_only": True}
        assert judge(tenant, tmp_path, **options).status == 0
        options["known_failures"] = str(listed)
        failed = judge(tenant, tmp_path, **options)
        assert failed.status == 1
        assert failed.of("fail") == {"service.challenge"}
        (id,) = (failed.verdicts[id]["evidence"]["id"] for id in failed.of("fail"))
        row = {"clause": "service.challenge", "evidence": [id], "reason": "reported to Microsoft"}
        listed.write_text(json.dumps({"known_failures": [row]}))
        assert judge(tenant, tmp_path, **options).status == 0
        listed.write_text(json.dumps({"known_failures": [{**row, "expires": "2020-01-01"}]}))
        assert judge(tenant, tmp_path, **options).status == 1
        listed.write_text(json.dumps({"known_failures": [row]}))
        tenant.behave(None)
        assert judge(tenant, tmp_path, **options).status == 1

    def test_a_list_of_known_failures_that_is_wrong(self, tenant: Running, tmp_path: Path) -> None:
        assert "known.json" in get_rejection(
            tenant, tmp_path, ContractError, known_failures=str(tmp_path / "known.json")
        )


class TestClient:
    def test_its_clauses_are_judged_on_real_traffic(self, tenant: Running, tmp_path: Path) -> None:
        named = tasks(tenant, Status.NOT_STARTED)
        result = judge(tenant, tmp_path, client="reference", allow_cancel=True, tasks=named)
        assert result.status == 0
        assert result.of("pass") > {"request.path", "response.no-content", "error.status", "service.cancel"}

    @pytest.mark.parametrize(
        ("client", "clause"),
        [
            ("elsewhere", "request.path"),
            ("storm", "retry.not-found"),
            ("deleting", "request.method"),
            ("another", "request.path-parameters"),
            ("climbing", "request.path"),
            ("gullible", "error.failure"),
        ],
    )
    def test_one_that_is_at_fault_hurts_nothing(
        self, tenant: Running, tmp_path: Path, client: str, clause: str
    ) -> None:
        named, other = tasks(tenant, Status.NOT_STARTED, Status.NOT_STARTED)
        log = tmp_path / "log.jsonl"
        result = judge(
            tenant,
            tmp_path,
            client=f"python:tests.live.clients:{client}",
            allow_cancel=True,
            tasks=(named,),
            request_log=log,
        )
        assert clause in result.of("fail")
        assert status_of(tenant, other) is Status.NOT_STARTED
        assert all(
            line["status"] in (401, 403, 404, 405, 400) or line["purpose"] in ("cancel", "repeat")
            for line in requests(log)
            if line["method"] == "POST"
        )

    def test_it_finds_no_credential(self, tenant: Running, tmp_path: Path) -> None:
        found = environment(tenant, AZURE_CLIENT_SECRET="s" * 30)
        result = judge(tenant, tmp_path, env=found, client="python:tests.live.clients:telling")
        assert tenant.token()[:20] not in result.text

    def test_one_that_does_not_start(self, tenant: Running, tmp_path: Path) -> None:
        assert get_rejection(tenant, tmp_path, UserError, client="python:tests.live.clients:missing")


class TestFiles:
    def test_bodies_are_kept_in_a_file_that_is_its_owners(self, tenant: Running, tmp_path: Path) -> None:
        bodies = tmp_path / "deep" / "bodies.jsonl"
        judge(tenant, tmp_path, keep_bodies=bodies)
        assert bodies.stat().st_mode & 0o777 == 0o600
        assert "itemNotFound" in bodies.read_text()
        assert tenant.token()[:20] not in bodies.read_text()

    @pytest.mark.parametrize("path", ["-", "/dev/stdout", "/dev/stderr", "/dev/null", "/proc/self/fd/1"])
    def test_and_never_on_standard_output(self, tenant: Running, tmp_path: Path, path: str) -> None:
        get_rejection(tenant, tmp_path, RecordingError, keep_bodies=Path(path))
        get_rejection(tenant, tmp_path, RecordingError, request_log=Path(path))

    def test_a_folder(self, tenant: Running, tmp_path: Path) -> None:
        get_rejection(tenant, tmp_path, RecordingError, keep_bodies=tmp_path)

    def test_a_journal_that_another_run_has(self, tenant: Running, tmp_path: Path) -> None:
        errors: list[UserError] = []

        def again() -> None:
            try:
                judge(tenant, tmp_path)
            except JournalError as error:
                errors.append(error)

        def meanwhile(event: Mapping[str, Any]) -> None:
            if event["event"] == "plan":
                thread = threading.Thread(target=again)
                thread.start()
                thread.join()

        judge(tenant, tmp_path, emit=meanwhile)
        assert "in use by another run" in str(errors[0])


@pytest.mark.parametrize("at", ["header", "plan", "verdict", "footer"])
def test_ctrl_c_while_an_event_is_written_leaves_a_whole_report(
    tenant: Running, tmp_path: Path, at: str
) -> None:
    events: list[Mapping[str, Any]] = []

    def emit(event: Mapping[str, Any]) -> None:
        first = event["event"] not in {each["event"] for each in events}
        if event["event"] == at and first:
            signal.raise_signal(signal.SIGINT)
        events.append(event)

    if at in ("header", "plan"):
        assert judge(tenant, tmp_path, emit=emit).status is ExitStatus.INTERRUPTED
    else:
        with pytest.raises(KeyboardInterrupt):
            judge(tenant, tmp_path, emit=emit)
    assert [events[0]["event"], events[1]["event"], events[-1]["event"]] == ["header", "plan", "footer"]
    assert events[-1].get("interrupted", False) == (at in ("header", "plan"))
