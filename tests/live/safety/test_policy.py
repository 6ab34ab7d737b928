"""What may be sent, whatever a scenario plans. Each rule is tried by a step that breaks it."""

from __future__ import annotations

import pytest

from graphcontract.live.safety.policy import MOST_BAD_TOKENS, MOST_FRESH_CANCELS, Forbidden, Policy
from graphcontract.live.steps import RequestStep
from graphcontract.live.urls import MALFORMED, Targets
from tests.clauses import CONTRACT

TARGETS = Targets.of(CONTRACT)
TASK, OTHER, FRESH = "task-1", "task-2", "0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e"


def policy(*, loopback: bool = False, **members: object) -> Policy:
    made = Policy(TARGETS, loopback, **members)  # type: ignore[arg-type]
    made.fresh.add(FRESH)
    return made


def read(id: str, credential: str = "main", purpose: str = "read") -> RequestStep:
    return RequestStep(purpose, "", "GET", TARGETS.task(id), "", id, credential)


def cancel(id: str, credential: str = "main", method: str = "POST", **members: object) -> RequestStep:
    return RequestStep("cancel", "", method, TARGETS.cancel(id), "", id, credential, **members)  # type: ignore[arg-type]


def lookup() -> RequestStep:
    return RequestStep("lookup", "", "GET", f"{TARGETS.collection}/getBySourceSiteUrl(sourceSiteUrl='x')", "")


def create() -> RequestStep:
    return RequestStep("create", "", "POST", TARGETS.collection, "", content=b"{}")


def get_rejection(policy: Policy, step: RequestStep) -> str:
    with pytest.raises(Forbidden) as caught:
        policy.check(step)
    return str(caught.value)


class TestByDefault:
    def test_a_read_may_be_sent(self) -> None:
        policy().check(read(TASK))

    def test_a_made_up_id_may_be_cancelled_after_a_404(self) -> None:
        made = policy()
        made.record_result(read(FRESH), 404, None)
        made.check(cancel(FRESH))

    @pytest.mark.parametrize("status", [200, 400, 401, 403, 410, 429, 500])
    def test_but_after_nothing_else(self, status: int) -> None:
        made = policy()
        made.record_result(read(FRESH), status, None)
        assert "not 404" in get_rejection(made, cancel(FRESH))

    def test_nor_without_a_read(self) -> None:
        assert "without a read" in get_rejection(policy(), cancel(FRESH))

    def test_a_read_counts_once(self) -> None:
        made = policy()
        made.record_result(read(FRESH), 404, None)
        made.check(cancel(FRESH))
        assert "without a read" in get_rejection(made, cancel(FRESH))

    @pytest.mark.parametrize("method", ["POST", "GET"])
    def test_and_again_after_a_429(self, method: str) -> None:
        made = policy(loopback=True)
        made.record_result(read(FRESH), 404, None)
        made.check(cancel(FRESH, method=method))
        made.record_result(cancel(FRESH, method=method), 429, None)
        made.check(cancel(FRESH, method=method))

    def test_a_read_with_another_credential_does_not_count(self) -> None:
        made = policy()
        made.record_result(read(FRESH, "lesser"), 404, None)
        assert "without a read" in get_rejection(made, cancel(FRESH))

    def test_a_few_and_no_more(self) -> None:
        made = policy()
        for _ in range(MOST_FRESH_CANCELS):
            made.record_result(read(FRESH), 404, None)
            made.check(cancel(FRESH))
        made.record_result(read(FRESH), 404, None)
        assert f"more than {MOST_FRESH_CANCELS}" in get_rejection(made, cancel(FRESH))

    @pytest.mark.parametrize("id", [TASK, OTHER])
    def test_no_task_is_cancelled(self, id: str) -> None:
        made = policy(tasks=(TASK,))
        made.record_result(read(id), 200, "notStarted")
        assert "without --allow-cancel" in get_rejection(made, cancel(id))

    def test_nothing_is_created(self) -> None:
        made = policy(create=True)
        made.record_result(lookup(), 404, None)
        assert "without --create" in get_rejection(made, create())

    @pytest.mark.parametrize("credential", ["none", "garbage"])
    def test_few_requests_without_a_token_and_with_garbage(self, credential: str) -> None:
        made = policy()
        for _ in range(MOST_BAD_TOKENS):
            made.check(read(TASK, credential))
        assert f"only {MOST_BAD_TOKENS} requests" in get_rejection(made, read(TASK, credential))

    @pytest.mark.parametrize("credential", ["none", "garbage"])
    def test_one_call_of_them(self, credential: str) -> None:
        made = policy()
        made.record_result(read(FRESH), 404, None)
        made.check(cancel(FRESH, credential))
        made.record_result(read(FRESH), 404, None)
        assert "only one call of this kind" in get_rejection(made, cancel(FRESH, credential))

    @pytest.mark.parametrize("status", [429, 503])
    def test_and_again_where_the_tenant_was_busy(self, status: int) -> None:
        made = policy()
        for _ in range(MOST_BAD_TOKENS + 1):
            made.check(read(TASK, "none"))
            made.record_result(read(TASK, "none"), status, None)
        for _ in range(2):
            made.record_result(read(FRESH), 404, None)
            made.check(cancel(FRESH, "none"))
            made.record_result(cancel(FRESH, "none"), status, None)

    @pytest.mark.parametrize(
        "path", ["/beta/users", "/beta/solutions/sharePoint/migrations", "/v1.0/me", "/", "//x"]
    )
    def test_other_paths(self, path: str) -> None:
        assert "outside the tasks" in get_rejection(policy(), RequestStep("read", "", "GET", path, ""))
        assert "outside the tasks" in get_rejection(policy(), RequestStep("read", "", "DELETE", path, ""))

    @pytest.mark.parametrize("id", [".", ".."])
    def test_dot_segments(self, id: str) -> None:
        made = policy(loopback=True, cancel=True, create=True)
        made.add_created(id)
        assert "outside the tasks" in get_rejection(made, read(id))
        made.record_result(read(id), 200, "notStarted")
        assert "outside the tasks" in get_rejection(made, cancel(id))

    @pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
    def test_a_change_of_a_task_other_than_cancel(self, method: str) -> None:
        step = RequestStep("read", "", method, TARGETS.task(TASK), "", TASK)
        assert get_rejection(policy(loopback=True, cancel=True, tasks=(TASK,)), step).startswith(method)


class TestLoopbackAlone:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
    def test_other_methods(self, method: str) -> None:
        for loopback in (True, False):
            made = policy(loopback=loopback)
            made.record_result(read(FRESH), 404, None)
            if loopback:
                made.check(cancel(FRESH, method=method))
            else:
                assert "loopback only" in get_rejection(made, cancel(FRESH, method=method))

    @pytest.mark.parametrize(
        "credential", ["no-algorithm", "bad-signature", "altered", "another-key", "expired"]
    )
    def test_forged_tokens(self, credential: str) -> None:
        assert "loopback only" in get_rejection(policy(), read(TASK, credential))
        policy(loopback=True).check(read(TASK, credential))

    @pytest.mark.parametrize("id", MALFORMED)
    def test_cancels_of_malformed_ids(self, id: str) -> None:
        for loopback in (True, False):
            made = policy(loopback=loopback)
            made.check(read(id))
            made.record_result(read(id), 400, None)
            if loopback:
                made.check(cancel(id))
            else:
                assert "only read" in get_rejection(made, cancel(id))

    def test_content(self) -> None:
        made = policy()
        made.record_result(read(FRESH), 404, None)
        assert "loopback only" in get_rejection(made, cancel(FRESH, content=b"{}"))


class TestGetOnly:
    def test_nothing_but_get(self) -> None:
        made = policy(loopback=True, get_only=True, cancel=True, tasks=(TASK,))
        made.check(read(TASK))
        made.record_result(read(TASK), 200, "notStarted")
        made.record_result(read(FRESH), 404, None)
        for step in (cancel(TASK), cancel(FRESH), cancel(FRESH, method="GET"), create()):
            assert "--get-only" in get_rejection(made, step)


class TestCancel:
    def test_a_task_that_has_not_started(self) -> None:
        made = policy(cancel=True, tasks=(TASK,))
        made.record_result(read(TASK), 200, "notStarted")
        made.check(cancel(TASK))

    @pytest.mark.parametrize(
        "status", ["inProgress", "completed", "failed", "cancelled", "unknownFutureValue", None]
    )
    def test_and_no_other(self, status: str | None) -> None:
        made = policy(loopback=True, cancel=True, tasks=(TASK,))
        made.record_result(read(TASK), 200, status)
        assert "not notStarted" in get_rejection(made, cancel(TASK))

    def test_nor_one_that_no_option_names(self) -> None:
        made = policy(loopback=True, cancel=True, tasks=(TASK,))
        made.record_result(read(OTHER), 200, "notStarted")
        assert "no option names" in get_rejection(made, cancel(OTHER))

    def test_a_second_time_where_the_first_was_its_own(self) -> None:
        made = policy(cancel=True, tasks=(TASK,))
        made.record_result(read(TASK), 200, "notStarted")
        made.check(cancel(TASK))
        made.record_result(read(TASK), 200, "cancelled")
        made.check(cancel(TASK))

    def test_one_that_was_made(self) -> None:
        made = policy(cancel=True, create=True)
        made.add_created(OTHER)
        made.record_result(read(OTHER), 200, "notStarted")
        made.check(cancel(OTHER))


class TestStarted:
    @pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
    def test_one_that_has_ended(self, status: str) -> None:
        made = policy(cancel=True, started=(TASK,))
        made.record_result(read(TASK), 200, status)
        made.check(cancel(TASK))

    @pytest.mark.parametrize("status", ["notStarted", "unknownFutureValue", None])
    def test_never_one_that_may_start(self, status: str | None) -> None:
        made = policy(loopback=True, cancel=True, risk_running_task=True, started=(TASK,))
        made.record_result(read(TASK), 200, status)
        assert "must not be cancelled" in get_rejection(made, cancel(TASK))

    def test_one_in_progress_at_a_risk_or_on_loopback(self) -> None:
        for loopback, risk in ((False, False), (True, False), (False, True)):
            made = policy(loopback=loopback, cancel=True, risk_running_task=risk, started=(TASK,))
            made.record_result(read(TASK), 200, "inProgress")
            if loopback or risk:
                made.check(cancel(TASK))
            else:
                assert "must not be cancelled" in get_rejection(made, cancel(TASK))


class TestCreate:
    def test_after_a_lookup_that_found_nothing(self) -> None:
        made = policy(cancel=True, create=True)
        made.record_result(lookup(), 404, None)
        made.check(create())
        assert "without --create" in get_rejection(made, create())

    @pytest.mark.parametrize("status", [0, 200, 204, 301, 400, 401, 403, 429, 500])
    def test_and_after_nothing_else(self, status: int) -> None:
        made = policy(cancel=True, create=True)
        made.record_result(lookup(), status, None)
        assert "without a lookup" in get_rejection(made, create())

    def test_not_after_a_404_of_something_else(self) -> None:
        made = policy(cancel=True, create=True)
        made.record_result(read(TASK), 404, None)
        assert "without a lookup" in get_rejection(made, create())
