"""Ctrl-C at a chosen request: the report says what was sent, and no verdict that was not earned."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from graphcontract.live.sender import Sender
from graphcontract.tenant import Running, Status
from tests.live import Result, judge, requests, tasks
from tests.live.test_create_file import for_tenant


def interrupted(
    tenant: Running, folder: Path, number: int, *, sent: bool, **options: Any
) -> tuple[Result, int]:
    """A run that is interrupted at this request, before or after it is sent, and how many were sent."""
    send, count, begun = Sender.send, [0], [0]
    main = threading.main_thread().ident
    assert main is not None

    def sending(self: Sender, *request: Any) -> Any:
        begun[0] += 1
        if begun[0] == number and not sent:
            signal.pthread_kill(main, signal.SIGINT)  # in the main thread, nothing follows
        count[0] += 1
        answer = send(self, *request)
        if begun[0] == number and sent:
            signal.pthread_kill(main, signal.SIGINT)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sender, "send", sending)
        return judge(tenant, folder, request_log=folder / "log.jsonl", **options), count[0]


def logged(log: Path) -> Sequence[Mapping[str, Any]]:
    """The lines of a request log, which exists from the first request on."""
    return requests(log) if log.exists() else []


@pytest.fixture(scope="module")
def whole(shared: Running, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A run that nothing interrupts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _handle: None)
        return judge(shared, tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("sent", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "number", [1, 4, 8, 31, *(pytest.param(each, marks=pytest.mark.nightly) for each in (2, 3, 7, 9, 20))]
)
def test_the_report_counts_what_was_sent(
    tenant: Running, tmp_path: Path, whole: Result, number: int, sent: bool
) -> None:
    result, count = interrupted(tenant, tmp_path, number, sent=sent)
    assert result.status == 130
    footer = result.events[-1]
    assert (footer["event"], footer["interrupted"]) == ("footer", True)
    assert footer["exchanges"] == count == len(logged(tmp_path / "log.jsonl"))
    assert number - 1 <= count <= number
    assert result.of("pass") <= whole.of("pass")
    assert result.of("not-supported") <= whole.of("not-supported")
    assert not result.of("fail", "error")
    assert {result.verdicts[id]["reason"] for id in result.of("not-run")} == {"the run was interrupted"}


def test_verdicts_that_were_reached_stay(tenant: Running, tmp_path: Path) -> None:
    whole = len(requests_of(tenant, tmp_path))
    result, _ = interrupted(tenant, tmp_path, whole - 3, sent=True)
    assert {"service.unknown-task", "service.authentication", "service.permission"} <= result.of("pass")
    assert not {"service.malformed-id", "service.request-id"} & result.of("pass")
    tenant.behave("fails-on-unknown")
    result, _ = interrupted(tenant, tmp_path, whole - 3, sent=True)
    assert result.of("fail") == {"service.unknown-task"}
    assert result.status == 130


def requests_of(tenant: Running, folder: Path) -> list[Any]:
    judge(tenant, folder, request_log=folder / "whole.jsonl")
    return list(requests(folder / "whole.jsonl"))


def test_what_was_open_is_said(tenant: Running, tmp_path: Path) -> None:
    options: dict[str, Any] = {"allow_cancel": True, "select": ("service.cancel",)}
    file = for_tenant(tenant, tmp_path, "first")
    judge(tenant, tmp_path, create=file, request_log=tmp_path / "whole.jsonl", **options)
    made = [line["purpose"] for line in requests(tmp_path / "whole.jsonl")].index("create") + 1
    result, count = interrupted(
        tenant, tmp_path, made + 2, sent=True, create=for_tenant(tenant, tmp_path, "second"), **options
    )
    assert result.events[-1]["exchanges"] == count
    assert any("left behind: 1 tasks" in line and "--resume" in line for line in result.said)


def test_one_that_is_named_is_said_too(tenant: Running, tmp_path: Path) -> None:
    (named,) = tasks(tenant, Status.NOT_STARTED)
    options: dict[str, Any] = {"allow_cancel": True, "tasks": (named,), "select": ("service.cancel",)}
    judge(tenant, tmp_path, request_log=tmp_path / "whole.jsonl", **options)
    at = [line["purpose"] for line in requests(tmp_path / "whole.jsonl")].index("cancel") + 1
    options["tasks"] = tasks(tenant, Status.NOT_STARTED)
    result, count = interrupted(tenant, tmp_path, at, sent=True, **options)
    assert result.events[-1]["exchanges"] == count
    assert result.status == 130
