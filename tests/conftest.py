"""What all tests count on, wherever they are started from."""

from __future__ import annotations

import gc
import re
import signal

import pytest
from hypothesis import HealthCheck, settings

from tests import nightly_patterns

# Collection makes a million objects that stay. To go through them for garbage takes a third of the time of a
# collection. `pytest_collection_finish` ends this.
gc.disable()

# A shell starts what runs in its background with Ctrl-C ignored, and children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is not the fault of a test: neither drawing nor a single example is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

NIGHTLY = re.compile("|".join(nightly_patterns()))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what nightly.txt lists, and leave out what is `nightly`, unless the command line chooses items by
    itself.
    """
    for item in items:
        if NIGHTLY.match(item.nodeid):
            item.add_marker(pytest.mark.nightly)
    if config.option.markexpr or config.option.keyword or any("::" in argument for argument in config.args):
        return
    nightly = {item for item in items if item.get_closest_marker("nightly")}
    config.hook.pytest_deselected(items=list(nightly))
    items[:] = [item for item in items if item not in nightly]


def pytest_collection_finish() -> None:
    """Collect garbage from here on, but what was collected of tests: it stays to the end."""
    gc.freeze()
    gc.enable()
