# The two commands: make train, make test. Both make .venv first, and are safe to repeat.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?= model=lstm optim=adam
WORKERS ?= auto
STAMP := $(VENV)/.installed

.PHONY: train test lint types crossings lab_book browser benchmark clean

train: $(STAMP)
	$(BIN)/dlx train $(ARGS)

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(TESTS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

crossings: $(STAMP)
	$(BIN)/python -m tests.crossings

# Runs every study (finished runs are kept, so a second time is quick) and writes the page of them all.
lab_book: $(STAMP)
	-$(BIN)/dlx study run --all
	$(BIN)/dlx study report --output docs/lab_book.html

browser: $(STAMP)
	$(BIN)/python -m pytest -rs tests/browser

benchmark: $(STAMP)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/throughput.py
	$(BIN)/python benchmarks/added_cost.py

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]" -c constraints.txt
	touch $(STAMP)

clean:
	rm -rf $(VENV)
