"""The reference tenant: a service that conforms to the contract, or has one named fault.

with running(fault="no-effect") as tenant:
    ...  # tenant.root, tenant.token("reader"), tenant.tasks, tenant.clock
"""

from graphcontract.errors import MissingExtra

try:
    from graphcontract.tenant.clock import Clock
    from graphcontract.tenant.overrides import Entry
    from graphcontract.tenant.registry import faults, variants
    from graphcontract.tenant.serving import Running, Unreachable, running
    from graphcontract.tenant.tasks import Status
except ModuleNotFoundError as error:
    if error.name not in ("jwt", "starlette", "uvicorn"):
        raise
    raise MissingExtra(error.name, "tenant") from error

__all__ = ["Clock", "Entry", "Running", "Status", "Unreachable", "faults", "running", "variants"]
