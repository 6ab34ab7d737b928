"""Where each fault shows: exactly these sightings, and no others."""

from __future__ import annotations

from collections.abc import Iterable

CANCELS = ("first", "second", "delegated")
STARTED = ("inProgress", "completed", "failed")
UNKNOWN = ("lower", "upper")
MALFORMED = ("word", "number", "long", "accent")
METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
LESSER_TOKENS = ("reader", "unprivileged", "delegated", "personal")
FORGED_TOKENS = (
    *("expired", "not-yet-valid", "wrong-audience", "wrong-tenant", "wrong-signature", "cut-signature"),
    *("alg-none", "public-key-as-secret", "garbage"),
)
BAD_TOKENS = ("no-token", *FORGED_TOKENS)
ERRORS = ("400", "401", "403", "404", "405", "409")
ANY = ("200", "204", *ERRORS)


def every(places: Iterable[str], seen: str) -> set[str]:
    return {f"{place}: {seen}" for place in places}


def accepted(*tokens: str) -> set[str]:
    """Everything is served with these tokens."""
    return every(tokens, "204") | every(tokens, "cancelled") | served(*tokens)


def served(*tokens: str, where: tuple[str, ...] = ("read", "list")) -> set[str]:
    """Reads are served with these tokens."""
    return {f"{token} {what}: 200" for token in tokens for what in where}


def rejected(status: int, token: str) -> set[str]:
    """Everything is rejected with this status and not with 401."""
    return {f"{token}{what}: {status}" for what in ("", " read", " list")}


SHOWS: dict[str, set[str]] = {
    "ok-with-the-task": every(CANCELS, "200"),
    "ok-without-content": every(CANCELS, "200"),
    "content-with-no-content": every(CANCELS, "stray bytes"),
    "chunks-with-no-content": every(CANCELS, "stray bytes"),
    "last-chunk-with-no-content": every(CANCELS, "stray bytes"),
    "bytes-behind-no-content": every(CANCELS, "stray bytes"),
    "accepted-for-later": every(CANCELS, "202"),
    "fails-after-the-effect": every(CANCELS, "500, with effect"),
    "refuses-every-task": every(CANCELS, "409"),
    "knows-no-task": every(CANCELS, "404"),
    "wants-content": every(CANCELS, "400"),
    "wants-a-media-type": every(CANCELS, "415"),
    "redirects-the-cancel": every(CANCELS, "307"),
    "refuses-the-second": {"delegated: 409", "second: 409"},
    "refuses-delegated-tokens": {"delegated: 403"},
    "no-effect": every(CANCELS, "notStarted"),
    "effect-on-another": every(CANCELS, "notStarted") | {"first: bystander"},
    "effect-on-all": every(CANCELS, "bystander"),
    "fails-the-others": every(CANCELS, "bystander"),
    "starts-the-others": every(CANCELS, "bystander"),
    "fails-what-has-completed": every(CANCELS, "ended"),
    "effect-is-failure": every(CANCELS, "failed"),
    "effect-is-a-start": every(CANCELS, "inProgress"),
    "effect-is-removal": every(CANCELS, "404"),
    "shown-as-canceled": every(CANCELS, "canceled"),
    "effect-after-an-hour": every(CANCELS, "notStarted"),
    "effect-comes-undone": every(CANCELS, "notStarted"),
    "no-effect-the-second-time": {"delegated: notStarted", "second: notStarted"},
    "no-effect-after-throttling": every(CANCELS, "notStarted"),
    "no-effect-for-delegated-tokens": {"delegated: notStarted"},
    "list-is-an-hour-late": every(CANCELS, "notStarted"),
    "list-lacks-the-task": every(CANCELS, "nothing"),
    "list-repeats-the-task": every(CANCELS, "cancelled cancelled"),
    "list-has-old-and-new": every(CANCELS, "cancelled notStarted"),
    "cancels-in-progress": {"inProgress: 204", "inProgress: cancelled"},
    "cancels-completed": {"completed: 204", "completed: cancelled"},
    "cancels-failed": {"failed: 204", "failed: cancelled"},
    "accepts-in-vain": every(STARTED, "204"),
    "refuses-and-cancels": every(STARTED, "cancelled"),
    "ok-with-the-refusal": every(STARTED, "200"),
    "accepts-expired": accepted("expired"),
    "accepts-not-yet-valid": accepted("not-yet-valid"),
    "accepts-another-audience": accepted("wrong-audience"),
    "accepts-another-tenant": accepted("wrong-tenant"),
    "accepts-any-signature": accepted("cut-signature", "wrong-signature"),
    "accepts-unsigned": accepted("alg-none"),
    "accepts-public-key-as-secret": accepted("public-key-as-secret"),
    "accepts-no-token": accepted("no-token"),
    "accepts-garbage": accepted("garbage"),
    "forbids-no-token": rejected(403, "no-token"),
    "no-token-is-a-bad-request": rejected(400, "no-token"),
    "no-token-is-sent-to-sign-in": rejected(302, "no-token"),
    "fails-on-garbage": rejected(500, "garbage"),
    "forbids-expired": rejected(403, "expired"),
    "cancels-before-it-asks": every(BAD_TOKENS, "cancelled"),
    "reads-need-no-token": served("no-token"),
    "lists-accept-garbage": served("garbage", where=("list",)),
    "reads-ignore-signatures": served("wrong-signature", "cut-signature", "alg-none", "public-key-as-secret"),
    "cached-reads-need-no-token": served(*BAD_TOKENS),
    "cancels-before-it-forbids": every(LESSER_TOKENS, "cancelled"),
    "anyone-may-cancel": {"unprivileged: 204", "unprivileged: cancelled"},
    "readers-may-cancel": {"delegated: 204", "reader: 204", "delegated: cancelled", "reader: cancelled"},
    "scopes-are-unchecked": {"delegated: 204", "delegated: cancelled"},
    "personal-accounts-may-cancel": {"personal: 204", "personal: cancelled"},
    "permission-is-remembered": {
        "delegated: 204",
        "reader: 204",
        "unprivileged: 204",
        "delegated: cancelled",
        "reader: cancelled",
        "unprivileged: cancelled",
    },
    "unknown-is-cancelled": every(UNKNOWN, "204"),
    "unknown-in-capitals-is-cancelled": {"upper: 204"},
    "fails-on-unknown": every(UNKNOWN, "500"),
    "ok-with-not-found": every(UNKNOWN, "200"),
    "redirects-unknown": every(UNKNOWN, "302"),
    "malformed-is-cancelled": every(MALFORMED, "204"),
    "fails-on-malformed": every(MALFORMED, "500"),
    "fails-on-long-ids": {"long: 500"},
    "fails-on-ids-beyond-ascii": {"accent: 500"},
    "numbers-are-cancelled": {"number: 204"},
    "get-cancels": {"GET: 204", "GET: cancelled"},
    "head-cancels": {"HEAD: 204", "HEAD: cancelled"},
    "put-cancels": {"PUT: 204", "PUT: cancelled"},
    "patch-cancels": {"PATCH: 204", "PATCH: cancelled"},
    "delete-cancels": {"DELETE: 204", "DELETE: cancelled"},
    "options-cancels": {"OPTIONS: cancelled"},
    "other-methods-are-ok": every(METHODS[:-1], "200"),
    "fails-on-other-methods": every(METHODS, "500"),
    "errors-in-html": every(ERRORS, "text/html; charset=utf-8"),
    "errors-without-content": every(ERRORS, "nothing"),
    "errors-are-cut": every(ERRORS, "application/json"),
    "errors-of-an-old-protocol": every(ERRORS, "odata.error"),
    "errors-are-problems": every(ERRORS, "type title detail"),
    "errors-in-a-list": every(ERRORS, "list"),
    "errors-are-text": every(ERRORS, "str"),
    "errors-without-code": every(ERRORS, "no code"),
    "errors-with-empty-message": every(ERRORS, "no message"),
    "refused-tokens-in-oauth": {"401: str"},
    "token-in-message": {"401: content"},
    "token-in-challenge": {"401: www-authenticate"},
    "token-in-field": every(ANY, "x-original-authorization"),
    "token-in-diagnostics": every(ANY, "x-ms-ags-diagnostic"),
    "token-in-task": {"200: content"},
    "no-challenge": {"no token", "token"},
    "no-challenge-without-token": {"no token"},
    "no-challenge-for-bad-tokens": {"token"},
    "no-request-id": every(ANY, "missing"),
    "no-request-id-with-success": {"204: missing"},
    "no-request-id-with-errors": every(ERRORS, "missing"),
    "one-request-id": every(ANY, "repeated"),
    "one-request-id-for-a-path": every(("200", "204", "401", "409"), "repeated"),
    "empty-request-id-with-401": {"401: repeated"},
    "no-client-request-id": every(ANY, "not returned"),
    "another-client-request-id": every(ANY, "changed"),
    "json-without-content": {"application/json"},
    "text-without-content": {"text/plain; charset=utf-8"},
}
