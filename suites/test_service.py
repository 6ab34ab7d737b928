"""What a tenant owes. With --graph-tenant-url, one live run judges all of it, and each clause is an item."""

from graphcontract.judging.suite_api import TenantTest

test_cancel = TenantTest(("service.cancel", "service.effect", "service.repeat"))
test_access = TenantTest(("service.authentication", "service.permission", "service.challenge"))
test_refusals = TenantTest(
    (
        "service.precondition",
        "service.unknown-task",
        "service.malformed-id",
        "service.method",
        "service.refusal-status",
    )
)
test_answers = TenantTest(
    ("service.error-shape", "service.secrets", "service.request-id", "service.media-type")
)
