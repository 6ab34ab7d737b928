# Needs Python 3.11 or newer. `make check` checks the reference client, `make test` runs the tests.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
.DEFAULT_GOAL := help
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
# uv takes 2 seconds for what pip takes 20 for. It does not read pip's settings: behind an index that only these
# name, pip does it.
install = $(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python $(1) 2>/dev/null || $(PIP) $(1)

TOO_OLD = "This is Python %d.%d; graphcontract needs 3.11 or newer. Name another: make PYTHON=python3.12 $(or \
  $(MAKECMDGOALS),check)" % sys.version_info[:2]

help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 40

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and $(TOO_OLD))'
	@echo "Setting up .venv with $$($(PYTHON) --version), once: about half a minute."
	@echo "1 of 3: the environment, and uv"
	@$(PYTHON) -m venv .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock >.venv/uv.txt
	@$(PIP) --require-hashes -r .venv/uv.txt
	@echo "2 of 3: the $$(grep -c '^[a-z].*==' requirements.lock) packages of requirements.lock"
	@$(call install,--require-hashes -r requirements.lock)
	@echo "3 of 3: graphcontract itself"
	@$(call install,--no-build-isolation -e .)
	@$(BIN)/uv pip check --quiet --python $(BIN)/python
	@touch $@

setup: $(READY)  ## make .venv with the versions in requirements.lock

check: setup  ## check the built-in reference client, with reports in reports/
	$(BIN)/graphcontract check reference --report html=reports/reference.html --report jsonl=reports/reference.jsonl --report markdown=reports/reference.md

# Many tests start Python: what it compiles is kept, whatever the environment says.
test nightly bank bench clients: export PYTHONDONTWRITEBYTECODE =

test: setup  ## style, types and tests: what CI runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# mypy takes one core for a while, and tests wait a good part of their time: six workers keep two cores busy.
	@# Collected once before, the tests are compiled once: workers that start at the same time would all do it.
	@echo "mypy runs beside the tests; its result comes last"; \
	  $(BIN)/mypy >.venv/mypy.txt 2>&1 & types=$$!; \
	  $(BIN)/python -m pytest --collect-only -qq >/dev/null; \
	  $(BIN)/python -m pytest -n 6 --dist worksteal; tests=$$?; \
	  wait $$types; types=$$?; cat .venv/mypy.txt; exit $$((tests | types))

# What a range of versions can break: the engine, the plugin, the command line, the tenant, pages as Markdown; and faulty
# clients whose fault shows in nearly all inputs, since another Hypothesis may draw other ones.
SOME := tests/judging tests/clauses tests/inputs tests/transports tests/clients tests/reporting tests/pytest_plugin/test_plugin.py \
  tests/contract/test_loader.py tests/cli/test_snapshots.py tests/cli/test_tenant.py \
  tests/tenant/test_authority.py tests/tenant/test_serving.py tests/tenant/test_token_validation.py \
  tests/drift/page/test_includes.py tests/drift/test_waivers.py tests/drift/test_mutations.py tests/drift/test_page_holes.py
SOME_FAULTY := request.method or request.body or request.once or response.redirection or error.status

test-lowest: RESOLUTION := lowest-direct
# Click 8.5 deprecates what typer before 0.26 imports from it.
test-lowest: WARNINGS := -W "ignore:'click.:DeprecationWarning"
# pytest before 8.4 makes an error of what a destructor raises, which is what this test is about.
test-lowest: LEFT_OUT := --ignore tests/judging/test_sigint.py
test-lowest: test-at-lowest  ## suites and part of the tests, with the lowest versions that pyproject.toml admits

test-newest: RESOLUTION := highest
test-newest: test-at-newest  ## the same with the newest versions, whatever the lock pins

test-at-%: setup
	$(PYTHON) -m venv --clear --without-pip .venv-$*
	$(BIN)/uv pip install --quiet --refresh --resolution $(RESOLUTION) --python .venv-$*/bin/python -e '.[live,tenant]'
	@# What tests read reports with is not part of the range, nor is a client that they call.
	$(BIN)/uv pip install --quiet --python .venv-$*/bin/python lxml junitparser httpx2
	.venv-$*/bin/graphcontract check reference --profile quick
	.venv-$*/bin/python -m pytest -q -n 2 suites --graph-client reference
	.venv-$*/bin/python -m pytest -q -n 2 --dist worksteal $(WARNINGS) $(LEFT_OUT) $(SOME)
	.venv-$*/bin/python -m pytest -q -n 2 --dist worksteal tests/sample_clients/test_verdicts.py -k '$(SOME_FAULTY)'

nightly: bank  ## the tests that `make test` leaves out for their time, `make bank` first
	$(BIN)/python -m pytest -n 4 --dist worksteal -m nightly --ignore tests/sample_clients
	GRAPHCONTRACT_ALL_EXAMPLES=1 $(BIN)/python -m pytest -n 4 --dist worksteal \
	  $$(grep -rlE 'count_examples|fuzzing.search' tests --include='test_*.py')

bank: setup  ## every faulty and quirky client: against the record, and the whole gate at three seeds (an hour)
	$(BIN)/python -m pytest -n 4 --dist worksteal -m 'nightly or not nightly' tests/sample_clients
	$(BIN)/python -m tests.sample_clients.table

golden: setup  ## record anew what must not change by accident: tests/golden/ (15 minutes)
	$(BIN)/python -m tests.golden

fuzz: setup  ## fuzz the readers of drift sources and of HTTP/2, five minutes each (35 minutes)
	GRAPHCONTRACT_FUZZ_SECONDS=300 $(BIN)/python -m pytest -n 2 --dist worksteal \
	  -k any_bytes tests/drift/test_hostile.py tests/drift/test_hostile_schemas.py \
	  tests/transports/test_http2_hostile.py

mutation: setup  ## mutate the clauses; the tests must kill nine in ten mutants (an hour)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check cosmic-ray==8.7.0
	$(BIN)/python -m tests.clauses.mutation

test-browser: setup  ## the HTML pages in headless Chromium, which has to be installed, with its chromedriver
	$(BIN)/python -m pip install --quiet --disable-pip-version-check selenium==4.51.0
	npm ci --silent --prefix tests/browser
	$(BIN)/python -m pytest -q tests/browser

site: setup  ## the documentation as a site, in site/html, by Zensical; a broken link fails
	$(BIN)/python -m tests.site

workflows: setup  ## the action, the workflows and the jobs on pages, with actionlint (by Go) and zizmor
	$(BIN)/python -m tests.workflows

coverage: setup  ## the tests, with the branches of the engine that none takes
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 4 --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: setup  ## measure speed, as ratios within one run
	$(BIN)/python -m benchmarks

docs: setup  ## write docs/clauses/ from the contract files, docs/drift/ from the rules, reports/sample.md from a run
	$(BIN)/graphcontract contracts pages docs/clauses
	$(BIN)/graphcontract drift pages docs/drift
	$(BIN)/python -m tests.sample

lock: setup  ## pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate \
	  --generate-hashes --upgrade pyproject.toml --all-extras --group dev -o requirements.lock

driver-python-msgraph-sdk:  ## install the driver of the Python SDK for v1.0 (420 MB)
	$(PYTHON) -m venv drivers/python-msgraph-sdk/.venv
	drivers/python-msgraph-sdk/.venv/bin/pip install --quiet -r drivers/python-msgraph-sdk/requirements.txt

driver-python-msgraph-beta-sdk:  ## install the driver of the Python SDK for beta (762 MB)
	$(PYTHON) -m venv drivers/python-msgraph-beta-sdk/.venv
	drivers/python-msgraph-beta-sdk/.venv/bin/pip install --quiet -r drivers/python-msgraph-beta-sdk/requirements.txt

driver-node-microsoft-graph-client:  ## install the driver of the JavaScript SDK
	npm ci --silent --prefix drivers/node-microsoft-graph-client

driver-python-office365-rest-client:  ## install the driver of Office365-REST-Python-Client (120 MB)
	$(PYTHON) -m venv drivers/python-office365-rest-client/.venv
	drivers/python-office365-rest-client/.venv/bin/pip install --quiet -r drivers/python-office365-rest-client/requirements.txt

# Maven keeps what it downloads in ~/.m2, too.
maven = mvn --quiet --batch-mode --file drivers/$(1)/pom.xml compile dependency:copy-dependencies
NO_JAVA := This needs a JDK, 17 or newer, and Maven: apt-get install maven, or brew install maven.
NO_DOTNET := The .NET SDK on npm is for Linux on x86-64 only.
NO_GO := This needs Go 1.25 or newer: https://go.dev/doc/install.

driver-java-msgraph-beta-sdk:  ## install the driver of the Java SDK for beta (120 MB; needs a JDK and Maven)
	@command -v javac >/dev/null && command -v mvn >/dev/null || { echo "$(NO_JAVA)"; exit 1; }
	$(call maven,java-msgraph-beta-sdk)

driver-java-http-clients:  ## install the drivers of two HTTP clients for Java (4 MB; needs a JDK and Maven)
	@command -v javac >/dev/null && command -v mvn >/dev/null || { echo "$(NO_JAVA)"; exit 1; }
	$(call maven,java-http-clients)

# One package at a time: the one of the models takes 8.5 GB of memory.
driver-go-msgraph-beta-sdk-go:  ## install the driver of the Go SDK for beta (13 minutes, 8.5 GB of memory, 3 GB; needs Go)
	@command -v go >/dev/null || { echo "$(NO_GO)"; exit 1; }
	cd drivers/go-msgraph-beta-sdk-go && go build -p 1 -o bin/driver .

driver-go-net-http:  ## install the driver of Go's HTTP client (needs Go)
	@command -v go >/dev/null || { echo "$(NO_GO)"; exit 1; }
	cd drivers/go-net-http && go build -o bin/driver .

# A wheel has the libraries of OpenSSL 1.1 under names of its own.
HTTP_CLIENT := drivers/dotnet-http-client
OPENSSL := $(HTTP_CLIENT)/.openssl/psycopg2_binary.libs

driver-dotnet-http-client: setup  ## install the driver of .NET's HTTP client (330 MB; Linux on x86-64)
	@test "$$(uname -sm)" = "Linux x86_64" || { echo "$(NO_DOTNET)"; exit 1; }
	npm ci --silent --prefix $(HTTP_CLIENT)
	$(PIP) --upgrade --target $(HTTP_CLIENT)/.openssl --only-binary :all: --python-version 3.9 \
	  --platform manylinux2014_x86_64 --require-hashes -r $(HTTP_CLIENT)/requirements.txt
	@for name in ssl crypto; do ln -sf $$(basename $(OPENSSL)/lib$$name-*.so.1.1) $(OPENSSL)/lib$$name.so.1.1; done
	$(HTTP_CLIENT)/dotnet build --nologo --verbosity quiet --configuration Release --output $(HTTP_CLIENT)/bin $(HTTP_CLIENT)

DRIVERS := driver-python-msgraph-sdk driver-python-msgraph-beta-sdk driver-node-microsoft-graph-client \
  driver-python-office365-rest-client driver-java-msgraph-beta-sdk driver-java-http-clients \
  driver-go-msgraph-beta-sdk-go driver-go-net-http driver-dotnet-http-client

clients: setup $(DRIVERS)  ## check every released client with its list of known failures (15 minutes)
	$(BIN)/python -m tests.drivers.gates

.PHONY: help setup check test test-browser site workflows test-lowest test-newest nightly bank golden mutation coverage fuzz bench docs lock clients $(DRIVERS)
