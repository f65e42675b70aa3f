# Two commands matter: `make run` shows the product, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: run setup setup-live test lint format lock soak clean

run: setup
	$(BIN)/tocsin demo

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $(STAMP)

test: setup setup-live lint
	$(BIN)/pytest -n auto -m "not soak" --cov --cov-report=term

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup-live:
	@for lock in tests/live/*/requirements.lock; do $(MAKE) --no-print-directory $${lock%requirements.lock}.venv/.ready || exit 1; done

tests/live/%/.venv/.ready: tests/live/%/requirements.lock
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --require-hashes -r $<
	touch $@

soak: setup setup-live
	$(BIN)/pytest -m soak -p no:cacheprovider

# Needs uv; the locks name no index and no host. The second is what an installation needs, pinned as in the first.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q
lock:
	$(LOCK) --extra build --extra dev -o requirements.lock
	$(LOCK) --extra build --constraint requirements.lock -o deploy/requirements.lock

clean:
	rm -rf $(VENV) tests/live/*/.venv tocsin-data demo-data
