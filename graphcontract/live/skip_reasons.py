"""Why a live run leaves a clause unjudged, where the tenant has no part in it. Knows what was allowed."""

from __future__ import annotations

from graphcontract.clauses.service_queries import LESSER_TOKEN, purpose_kind, status_to
from graphcontract.live.scenarios.context import ScenarioContext

_NO_CANCEL = "this run cancels nothing: --allow-cancel with --task ID or --create FILE"


def unmet_by(bench: ScenarioContext) -> dict[str, str]:
    """What the run lacked, by clause, to judge what it was meant to judge: this fails a run."""
    steps = [step for trial in bench.trials for step in trial.exchanges if purpose_kind(step) == LESSER_TOKEN]
    if steps and all(status_to(step) == 401 for step in steps):
        expired = "the second credential is answered with 401: it has expired, or is for another tenant"
        return {"service.permission": expired, **bench.unmet}
    return bench.unmet


def reasons_for(bench: ScenarioContext, *, complete: bool) -> dict[str, str]:
    """A reason for each clause that this run could not put to the proof; `bench.reasons` come first. Only a
    run that is `complete` shows what the tenant never answered.
    """
    reasons = {
        "service.media-type": "no answer was 204",
        "service.repeat": "no task was cancelled, and so none a second time",
        "service.error-shape": "no error carried a request-id",
    }
    if not complete:
        reasons = {}
    if not (bench.cancel and (bench.tasks or bench.creation)):
        reasons |= dict.fromkeys(("service.cancel", "service.effect"), _NO_CANCEL)
    if not (bench.started and bench.cancel):
        reasons["service.precondition"] = (
            "no task that must refuse is named: --allow-cancel with --started-task ID"
        )
    if bench.get_only:
        reasons["service.permission"] = "--get-only sends no cancel"
    elif not bench.lesser and bench.privileged:
        reasons["service.permission"] = "there is no second credential: GRAPHCONTRACT_TOKEN_UNPRIVILEGED"
    if not bench.loopback:
        reasons["service.method"] = "other methods go to loopback alone"
    elif bench.get_only:
        reasons["service.method"] = "--get-only sends no other method"
    return reasons | bench.reasons
