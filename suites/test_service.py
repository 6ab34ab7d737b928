"""What a tenant must do. With --graph-tenant-url, one live run judges all of these clauses; each is an
item.
"""

from graphcontract.judging.suite_api import TenantTest

# A cancel of a task that has not started must succeed, and cancel this task and no other.
test_cancel = TenantTest(("service.cancel", "service.effect", "service.list", "service.repeat"))

# A request without a valid token, or with one that lacks the permission, must be rejected.
test_access = TenantTest(("service.authentication", "service.permission", "service.challenge"))

# A request for a task that cannot be cancelled, or with another method, must be rejected for that reason.
test_rejections = TenantTest(
    (
        "service.precondition",
        "service.unknown-task",
        "service.malformed-id",
        "service.method",
        "service.refusal-status",
    )
)

# Every response must have the documented form, and must not repeat the token.
test_responses = TenantTest(
    ("service.error-shape", "service.secrets", "service.request-id", "service.media-type")
)
