# Holdfast in a few words. Each target installs what it needs, once, into .venv; `make help` lists them.

PORT ?= 8000
HOST ?= 127.0.0.1
WEB ?= 1
ENGINES ?= 1
BOTS ?= 1
SINGLE ?=

BIN := .venv/bin
JS := .venv/js/node_modules/.bin
# Node comes with the Python environment, so that no machine need have one.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Bytecode is kept, whatever the shell asks for: the tests start hundreds of processes, and read everything six times.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help play test test-py test-js test-e2e chaos chaos-leaks bench bench-smoke pictures check style types imports js django lock clean base dev chromium
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-18s%s\n", $$1, $$2 }'

play: base ## everything on this machine: PORT=8000 HOST=127.0.0.1 WEB=1 ENGINES=1 BOTS=1 SINGLE=1; kill -HUP restarts it
	@exec $(BIN)/python manage.py play --port "$(PORT)" --host "$(HOST)" \
		--web "$(WEB)" --engines "$(ENGINES)" --bots "$(BOTS)" $(if $(SINGLE),--single)

test: dev chromium ## every test, Python and JavaScript
	@$(MAKE) --no-print-directory test-js > .venv/test-js.log 2>&1 & js=$$!; failed=; \
		$(MAKE) --no-print-directory test-py || failed=1; \
		wait $$js || failed=1; cat .venv/test-js.log; [ -z "$$failed" ]

test-py: dev chromium ## the Python tests, browser and whole-system ones too: those that watch the clock come last
	@failed=; $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder -m "not paired and not alone" || failed=1; \
		$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m paired || failed=1; \
		$(BIN)/python -m pytest -m alone || failed=1; [ -z "$$failed" ]

test-e2e: dev chromium ## only the end-to-end tests
	@$(BIN)/python -m pytest tests/e2e

chaos: dev ## kill, freeze, flush at random: SEED= MINUTES=5 ROOMS=12 FAULTS=redis,web-kill or COUNTS=engine-kill:200,redis:20
	@$(BIN)/python -m tests.chaos --seed "$(SEED)" --minutes "$(or $(MINUTES),5)" --rooms "$(or $(ROOMS),12)" \
		--faults "$(FAULTS)" --counts "$(COUNTS)" --fsync "$(or $(FSYNC),always)"

chaos-leaks: dev ## is everything given back after 1,000 rooms under faults? SEED= ROOMS=1000
	@$(BIN)/python -m tests.chaos.leaks --seed "$(or $(SEED),leaks)" --rooms "$(or $(ROOMS),1000)"

bench: dev ## measure us beside our peers, about thirteen minutes: ROWS=fan-out,input ROUNDS=3 SECONDS=1.5
	@$(BIN)/python -m tests.bench --rows "$(ROWS)" --rounds "$(or $(ROUNDS),3)" --seconds "$(or $(SECONDS),1.5)"

bench-smoke: dev ## every row at a tiny load, without peers: its shape, and what the counters prove; a part of make test
	@$(BIN)/python -m pytest -q tests/bench/test_smoke.py

pictures: dev chromium ## take docs/pictures anew from the running game
	@$(BIN)/python -m tests.e2e.pictures

test-js: dev ## the JavaScript tests
	@set -- $$(find tests/js -name '*.test.js' | sort); \
		[ $$# -gt 0 ] || { echo "No JavaScript test was found: tests/js/*.test.js is empty."; exit 1; }; \
		$(BIN)/node --test --test-reporter=spec "$$@"

check: style types imports js django ## style, types, import laws, Django's checks; changes nothing (-k: all of them)

style: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: dev
	$(BIN)/mypy

imports: dev
	$(BIN)/lint-imports

js: dev
	$(JS)/tsc -p requirements/js/tsconfig.json
	$(JS)/tsc -p requirements/js/tsconfig.tests.json
	$(JS)/eslint --max-warnings 0 -c requirements/js/eslint.config.js static/js tests/js requirements/js

django: export HOLDFAST_VAR := $(CURDIR)/.venv/check-var
django: dev
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run

lock: dev ## write the pinned requirements anew (UPGRADE=1: the newest that fit)
	@sh .ci/lock

clean: ## remove .venv and every cache; var/ (your games) stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

base:
	@sh .ci/install base

dev:
	@sh .ci/install dev && sh .ci/install js

chromium:
	@sh .ci/install-chromium
