# Two commands do all set-up: make demo, make test. Needs Python 3.11 or later, git and make.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

.PHONY: help demo test lint format docs bench mutation lock clean

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: .venv/.run ## Set up, write the made-up county, do the main job on it
	$(BIN)/geodemand demo . --run

test: .venv/.test lint ## Set up what tests need (browsers and PostgreSQL included), then lint and test
	$(BIN)/python tests/browser/install.py
	$(BIN)/python tests/database/postgres.py
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: .venv/.test ## Style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.test ## Put the code in its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/.run ## Write what comes from definitions/tables.toml: docs/columns.md and the JSON schema
	$(BIN)/python -m geodemand.report.reference > docs/columns.md
	$(BIN)/python -m geodemand.report.schema > geodemand/definitions/output.schema.json

bench: .venv/.test ## Time our jobs and a peer's in turn, and print the ratios
	$(BIN)/python -m benchmarks

mutation: .venv/.test ## Change the code that matches, protects and audits, one place at a time: do tests notice?
	CI=1 $(BIN)/mutmut run $(MUTANTS)
	$(BIN)/python -m benchmarks.mutants

lock: .venv/.test ## Pin every dependency anew, with hashes
	$(BIN)/uv pip compile $(LOCK) --group build -o requirements.lock
	$(BIN)/uv pip compile $(LOCK) --group build --group test -o requirements-test.lock

LOCK := pyproject.toml --extra report --extra basemap --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --quiet

clean: ## Remove the environment and everything that tools leave behind
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants

# The environment is made anew when a pin changes; the stamp files say that it is complete.
.venv/.run: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

.venv/.test: requirements-test.lock .venv/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@
