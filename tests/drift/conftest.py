"""Tests on what Microsoft publishes are there where GRAPHCONTRACT_SOURCES names a folder that has it."""

import os

collect_ignore_glob = [] if os.environ.get("GRAPHCONTRACT_SOURCES") else ["test_real_*.py"]
