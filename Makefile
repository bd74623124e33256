# `make demo` and `make test` work on a fresh machine with python3 (3.11 or newer) and make.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
RIVALS := .venv/.rivals
# Test files are shared out among so many processes.
WORKERS ?= 2
# Debian ships python3 without venv's pip; as root, add the package that has it.
VENV_FROM_DEBIAN = { [ "$$(id -u)" = 0 ] && apt-get install --yes python3-venv && rm -rf .venv && $(PYTHON) -m venv .venv; }
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test soak check bench simulate clean

demo: $(INSTALLED)
	$(BIN)/triage demo $(ARGS)

test: $(INSTALLED)
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(INSTALLED)
	PYTHONHASHSEED=0 $(BIN)/python -m tests.stateful.soak $(ARGS)

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

bench: $(RIVALS)
	$(BIN)/python -m benchmarks $(ARGS)

simulate: $(INSTALLED)
	$(BIN)/python -m benchmarks.simulate $(ARGS)

# pyproject.toml says what is installed; torch is pinned there to the one build that is known to work.
$(INSTALLED): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv || $(VENV_FROM_DEBIAN) || { echo "the venv module is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

# What `make bench` measures beside Triage, and nothing else needs.
$(RIVALS): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --editable '.[dev,bench]'
	touch $@

clean:
	rm -rf .venv build *.egg-info
