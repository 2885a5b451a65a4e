# Everything is a target here; `make` alone explains them.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-stop test check format docs lock soak bench clean

help: ## Explain the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Create the virtual environment from the locked dependencies

$(READY): requirements/dev.txt pyproject.toml
	@echo "setting up $(VENV) (about a minute the first time)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Cantata needs Python 3.11 or newer, this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@UV_SYSTEM_CERTS=1 VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements/dev.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Deploy the shop twice on a sandbox; a second run goes on from where it is
	@$(BIN)/python examples/demo.py start

demo-stop: ## End the demo: its server and its sandbox
	@test ! -x $(BIN)/python || $(BIN)/python examples/demo.py stop

docs: $(READY) ## Generate the reference pages anew from the code
	@$(BIN)/python docs/generate.py

lock: $(BIN)/uv ## Resolve the dependencies anew into requirements/
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra postgres --group dev pyproject.toml requirements/build.in -o requirements/dev.txt

$(BIN)/uv:
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

check: $(READY) ## The fast loop: format, lint, types, directions, pure tests (under a minute)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n 2 -m "not sandbox" tests/core tests/contract tests/reconcile

test: $(READY) ## Everything that CI runs; the first run builds the control plane (7 to 10 minutes)
	@$(BIN)/python -m tests.run

soak: $(READY) ## Long random campaigns on the control plane: a hundred kills of the server (half an hour)
	$(BIN)/pytest -q -s -n 0 -m soak tests

bench: $(READY) ## Applications × 10 services beside the bare loop: ratios, CPU, memory (SIZES="50 200")
	@$(BIN)/python -m bench --applications $(or $(SIZES),50)

format: $(READY) ## Format and fix what can be fixed
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --fix --quiet .

clean: ## Remove the virtual environment and what tools left behind
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
