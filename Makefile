# `make train` installs dlx into .venv and trains a first model; `make test` adds the development tools and runs the
# tests. Both are safe to repeat: what is installed is not installed again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?= model=lstm optim=adam
WORKERS ?= auto
PIP := $(BIN)/python -m pip --disable-pip-version-check
DLX := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
DOCS := $(VENV)/.installed-docs

.PHONY: train install test lint types crossings lab_book docs tutorial browser benchmark judge fuzz soak audit clean

train: $(DLX)
	$(BIN)/dlx train $(ARGS)
	@echo 'To type "dlx" in this shell: source $(BIN)/activate'

install: $(DLX)

test: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)
	$(BIN)/mypy

crossings: $(DEV)
	$(BIN)/python -m tests.crossings

# Runs every study (finished runs are reused, so a second time is quick) and writes one page with all of them.
lab_book: $(DLX)
	-$(BIN)/dlx study run --all
	$(BIN)/dlx study report --output docs/lab_book.html
	$(BIN)/python docs/verdicts.py

# A site of the studies that have been run here: outputs/site/html/index.html, which is read without a server.
docs: $(DOCS)
	$(BIN)/python -m docs.site

# Runs every command of the tutorial and of the how-to pages.
tutorial: $(DLX)
	$(BIN)/python -m docs.site.commands

# Opens the lab book, and each page of the site that `make docs` has built, in Chromium: in a wide and a narrow window.
browser: $(DEV)
	$(BIN)/python -m pytest -rs tests/browser
	$(BIN)/python -m docs.site.look

benchmark: $(DLX)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/throughput.py
	$(BIN)/python benchmarks/added_cost.py

# Simulated studies of known truth: how often a verdict is wrong, and how often one is reached (3 to 5 minutes).
judge: $(DLX)
	$(BIN)/python benchmarks/judge.py

# Random input for everything that reads, and thousands of runs in one process; docs/reliability.md has the figures.
fuzz: $(DEV)
	$(BIN)/python benchmarks/fuzz.py

soak: $(DLX)
	$(BIN)/python benchmarks/soak.py

# Dependencies with known vulnerabilities, and calls in dlx's own code that could run foreign code.
audit: $(DEV)
	$(BIN)/ruff check --select S --ignore S101,S603 dlx
	$(BIN)/pip-audit --skip-editable

# The program alone. pip shows what it downloads; PyTorch is the largest part.
$(DLX): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dlx needs Python 3.11 or later, but $(PYTHON) is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12 train")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -e . -c constraints.txt
	@touch $@

# The program with the tools that build the site.
$(DOCS): $(DLX)
	$(PIP) install -e ".[docs]" -c constraints.txt
	@touch $@

# The program with the tools that tests, lint and types use.
$(DEV): $(DLX)
	$(PIP) install -e ".[dev]" -c constraints.txt
	@touch $@

clean:
	rm -rf $(VENV)
