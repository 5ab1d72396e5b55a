# make run    starts the app            make test   everything CI checks
# make quick  lint, types, and the unit tests of what changed, within a minute
# make fuzz   hostile and damaged input of every kind, for FUZZ_SECONDS
# make docs   rewrites docs/cli.md from the parser of the command line
# All make .venv where it is missing or older than the requirements.
#
# PYTHON       the Python (3.11 or newer) the environment is made with
# TORCH_INDEX  on Linux without a GPU: a package index with CPU builds of torch, which are a tenth of the size
# PORT         where the app listens
# FUZZ_SECONDS how long make fuzz takes

PYTHON ?= python3
TORCH_INDEX ?=
PORT ?= 8501
FUZZ_SECONDS ?= 300

BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
UNIT := tests --ignore=tests/browser

.PHONY: run test quick lint unit unit-changed browser-test browser docs benchmark fuzz clean

run: .venv/run.stamp
	$(BIN)/python -m gan_core app --port $(PORT)

test: lint unit browser-test

quick: .venv/test.stamp
	@$(MAKE) --no-print-directory -j2 lint unit-changed

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

unit: .venv/test.stamp
	$(BIN)/python -m pytest $(UNIT)

unit-changed: .venv/test.stamp
	@$(BIN)/python -m tests.quick

browser-test: .venv/test.stamp browser
	$(BIN)/python -m pytest tests/browser

docs: .venv/test.stamp
	$(BIN)/python -m tests.cli_reference

benchmark: .venv/test.stamp browser
	$(BIN)/python -m tests.benchmarks.app

.venv/run.stamp: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP_INSTALL) -r requirements.txt
	touch $@

.venv/test.stamp: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP_INSTALL) -r requirements-dev.txt
	touch .venv/run.stamp $@

# Chromium and nginx by apt where it can bring them; elsewhere Playwright's own Chromium, and no tests of replicas.
browser: .venv/test.stamp
	@$(BIN)/python tests/browser/install.py

fuzz: .venv/test.stamp
	@$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

clean:
	rm -rf .venv
