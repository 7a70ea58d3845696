# make demo    set up, and show the life cycle end to end, in a new temporary directory that its last lines name
# make test    set up, and pass lint, types and all tests
# make matrix  run the tests with every Python and git at hand; CONTRIBUTING.md says how to name more
# make stress  many writers, broken connections, kill -9, failing disks; takes an hour
# make bench   measure, against git itself and GTO; bench-large: with a million tags too;
#              bench-trips: questions to servers on slow links, against git ls-remote
# make docs    write the generated pages of the documentation again

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := .tools/.ready
SERVERS := .tools/.servers

.PHONY: demo test lint types pytest matrix stress bench bench-large bench-trips docs clean

# What a demo that failed has left says nothing, so it goes.
demo: $(READY)
	@directory=$$(mktemp -d -t registry-demo.XXXXXX) && \
	PATH="$(abspath $(BIN)):$$PATH" git registry demo "$$directory" || { rm -rf "$$directory"; exit 1; }

test: lint types pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

pytest: $(READY) $(PEERS) $(SERVERS)
	$(BIN)/pytest -n 2 --cov --cov-report=term:skip-covered -q

matrix: $(READY) $(PEERS) $(SERVERS)
	$(BIN)/python tests/matrix.py $(MATRIX)

stress: $(READY) $(PEERS) $(SERVERS)
	$(BIN)/python -m stress

bench: $(READY) $(PEERS)
	$(BIN)/python -m benchmarks

bench-large: $(READY) $(PEERS)
	$(BIN)/python -m benchmarks --large

bench-trips: $(READY) $(SERVERS)
	$(BIN)/python -m benchmarks.trips

docs: $(READY)
	$(BIN)/python docs/generate.py

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# GTO and DVC for tests/interop, ahead of the tests so that these need not wait for the installation
$(PEERS): tests/interop/peers.py tests/interop/gto.txt tests/interop/dvc.txt | $(READY)
	$(BIN)/python tests/interop/peers.py
	@mkdir -p $(@D) && touch $@

# lighttpd, sshd, dulwich, JGit and node-git-server for the tests. Where they cannot be installed, those tests are
# skipped, and in CI they fail.
$(SERVERS): tests/testing/servers/install.py tests/testing/servers/others/programs.py | $(READY)
	$(BIN)/python tests/testing/servers/install.py || test "$$CI" != true
	$(BIN)/python -m tests.testing.servers.others || test "$$CI" != true
	@mkdir -p $(@D) && touch $@

clean:
	rm -rf $(VENV) .tools build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
