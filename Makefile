# Two commands matter: `make run` shows the product, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: run setup setup-live test lint format lock soak coverage grouping clean

run: setup
	$(BIN)/tocsin demo

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $(STAMP)

# Most tests wait for processes that they started: one more of them than there are cores keeps these busy.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

test: setup setup-live lint
	$(BIN)/pytest -n $(WORKERS) -m "not soak"

coverage: setup setup-live
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
	@for lock in tests/live/*/package-lock.json; do $(MAKE) --no-print-directory $${lock%package-lock.json}node_modules/.ready || exit 1; done

tests/live/%/.venv/.ready: tests/live/%/requirements.lock
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --require-hashes -r $<
	touch $@

tests/live/%/node_modules/.ready: tests/live/%/package-lock.json
	@if command -v npm >/dev/null; then cd tests/live/$* && npm install --no-save --ignore-scripts --no-audit --no-fund --silent && touch node_modules/.ready; \
	else echo "no npm: the tests of $* are skipped"; fi

FUZZ ?= 30
FUZZED := tests/rules tests/client/test_tail.py tests/reports/test_recount.py $(addprefix tests/ingest/test_,any_span.py mutated_bodies.py webhooks.py)

soak: setup setup-live
	$(BIN)/pytest -m soak -p no:cacheprovider
	TOCSIN_FUZZ=$(FUZZ) $(BIN)/pytest -n auto --timeout 1200 $(FUZZED)

GROUPING := benchmarks/grouping
grouping: setup $(GROUPING)/python/.venv/.ready $(GROUPING)/node/node_modules/.ready
	$(BIN)/python -m benchmarks.grouping

$(GROUPING)/python/.venv/.ready: $(GROUPING)/python/requirements.lock
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --require-hashes -r $<
	touch $@

$(GROUPING)/node/node_modules/.ready: $(GROUPING)/node/package-lock.json
	cd $(GROUPING)/node && npm install --no-save --ignore-scripts --no-audit --no-fund --silent && touch node_modules/.ready

# Extras stand in the locks: pip takes no pin of a name for one of the name with an extra, once there is a newer version.
# Needs uv; the locks name no index and no host. The second is what an installation needs, pinned as in the first.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras -q
lock:
	$(LOCK) --extra build --extra dev -o requirements.lock
	$(LOCK) --extra build --constraint requirements.lock -o deploy/requirements.lock

clean:
	rm -rf $(VENV) tests/live/*/.venv tests/live/*/node_modules tocsin-data demo-data
