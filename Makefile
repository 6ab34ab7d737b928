# On a fresh machine with Python 3.11 or newer: `make check` runs the main job, `make test` the tests.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
.DEFAULT_GOAL := help

help:  ## show this
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 32

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "graphcontract needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip --disable-pip-version-check check >.venv/pip-check || { cat .venv/pip-check; exit 1; }
	@touch $@

setup: $(READY)  ## make .venv with what the lock pins

check: setup  ## check the built-in reference client, with reports in reports/
	$(BIN)/graphcontract check reference --report jsonl=reports/reference.jsonl --report markdown=reports/reference.md

test: setup  ## every test, types and style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 4 --dist worksteal

kill-table: setup  ## the whole gate against every faulty client (an hour)
	$(BIN)/python -m tests.bank.table

fuzz: setup  ## garbage for every reader of sources, five minutes each (25 minutes)
	GRAPHCONTRACT_FUZZ_SECONDS=300 $(BIN)/python -m pytest -n 2 --dist worksteal \
	  -k any_bytes tests/drift/test_hostile.py tests/drift/test_hostile_schemas.py

mutation: setup  ## mutants of the clauses, nine in ten of which our tests must kill (an hour)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check cosmic-ray==8.7.0
	$(BIN)/python -m tests.clauses.mutation

coverage: setup  ## every test, with the branches of the engine that none takes (half an hour)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 4 --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: setup  ## speed, as ratios within one run
	$(BIN)/python -m benchmarks

docs: setup  ## write docs/clauses/ from the contract files, docs/drift/ from the rules, reports/sample.md from a run
	$(BIN)/graphcontract contracts pages docs/clauses
	$(BIN)/graphcontract drift pages docs/drift
	$(BIN)/python -m tests.sample

lock: setup  ## pin the newest versions that pyproject.toml admits
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate \
	  --generate-hashes --upgrade pyproject.toml --all-extras --group dev -o requirements.lock

driver-python-msgraph-beta-sdk:  ## install the driver of the Python SDK (762 MB)
	$(PYTHON) -m venv drivers/python-msgraph-beta-sdk/.venv
	drivers/python-msgraph-beta-sdk/.venv/bin/pip install --quiet -r drivers/python-msgraph-beta-sdk/requirements.txt

driver-node-microsoft-graph-client:  ## install the driver of the JavaScript SDK
	npm ci --silent --prefix drivers/node-microsoft-graph-client

driver-python-office365-rest-client:  ## install the driver of Office365-REST-Python-Client (120 MB)
	$(PYTHON) -m venv drivers/python-office365-rest-client/.venv
	drivers/python-office365-rest-client/.venv/bin/pip install --quiet -r drivers/python-office365-rest-client/requirements.txt

DRIVERS := driver-python-msgraph-beta-sdk driver-node-microsoft-graph-client driver-python-office365-rest-client

clients: setup $(DRIVERS)  ## the whole gate of every released client, against its known failures (5 minutes)
	$(BIN)/python -m tests.drivers.gates

.PHONY: help setup check test kill-table mutation coverage fuzz bench docs lock clients $(DRIVERS)
