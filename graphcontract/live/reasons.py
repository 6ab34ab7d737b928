"""Why a live run leaves a clause unjudged, where the tenant has no part in it. Knows what was allowed."""

from __future__ import annotations

from graphcontract.live.bench import Bench

_NO_CANCEL = "this run cancels nothing: --allow-cancel with --task ID or --create FILE"


def reasons_for(bench: Bench) -> dict[str, str]:
    """A reason for each clause that this run could not put to the proof; `bench.reasons` come first."""
    reasons = {
        "service.media-type": "no answer was 204",
        "service.repeat": "no task was cancelled, and so none a second time",
        "service.error-shape": "no error carried a request-id",
    }
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
