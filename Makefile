# `make app` and `make test` do all the set-up on a machine that has Python (3.11 or newer), git and make.

VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
# The first interpreter that is new enough; PYTHON=… overrides it.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)

# The other scripts there measure skill on the public data; `xpert benchmark` does that for every task.
SPEED := summarise differential neighbours signature_query screen first_prediction app_first_page perturbverse_page cell_encoder

.PHONY: help app test test-slow lint browser wheel docs benchmarks clean

help:
	@echo "make app         set up, then open the app (PORT=8501)"
	@echo "make test        set up, then lint, type-check and test"
	@echo "make test-slow   the long checks too"
	@echo "make benchmarks  print speed and memory on this machine"
	@echo "make docs        build the documentation into site/"
	@echo "make wheel       build an installable wheel into dist/"
	@echo "make clean       remove what the above have made"

app: $(VENV)/app-ready
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: $(VENV)/test-ready browser lint
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-slow: $(VENV)/test-ready browser lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The browser test drives Debian's Chromium; where it cannot be had, that test is skipped with its reason.
browser:
	@if ! command -v chromium >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then \
		sudo=$$([ "$$(id -u)" = 0 ] || echo "sudo -n"); \
		echo "Installing Chromium for the browser test"; \
		{ $$sudo apt-get update -qq && $$sudo apt-get install -y -qq chromium >/dev/null; } \
			|| echo "Chromium could not be installed: the browser test will be skipped"; \
	fi

benchmarks: $(VENV)/test-ready
	for name in $(SPEED); do echo "== $$name"; $(BIN)/python "benchmarks/$$name.py" || exit 1; done

docs: $(VENV)/docs-ready
	$(BIN)/mkdocs build --strict

wheel: $(VENV)/app-ready
	$(BIN)/python -m pip wheel . --no-deps --wheel-dir dist

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is needed (on Debian: apt-get install python3-venv)."; exit 1; }

$(VENV)/app-ready: pyproject.toml | $(VENV)/bin/python
	@echo "Setting up; the first time takes some minutes"
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/test-ready: pyproject.toml | $(VENV)/bin/python
	@echo "Setting up; the first time takes some minutes"
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $(VENV)/app-ready $@

$(VENV)/docs-ready: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $(VENV)/app-ready $@

clean:
	rm -rf $(VENV) build dist site test-output
