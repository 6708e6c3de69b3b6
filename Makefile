# Every target sets up what it needs; Python 3.11, pip and make are enough.
PYTHON ?= python3
PORT ?= 5000
ARGS ?=

VENV := .venv
LOWEST := .venv-lowest
# All else is pinned by uv.lock, which this one reads.
UV_VERSION := 0.13.9
UV := .tools/bin/uv
PY := $(VENV)/bin/python
SYNC := $(UV) sync --quiet --locked --inexact --all-extras
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON_PREFERENCE := only-system

.PHONY: help demo test test-lowest test-pythons coverage bench check docs screenshots lock clean

help:
	@echo "make demo    serve the tutorial application on 127.0.0.1:$(PORT) (PORT= for another)"
	@echo "make test    run the tests (ARGS= for pytest)"
	@echo "make check   run the linters, the type checkers and the documentation build"
	@echo "make bench   time this package beside its peers (ARGS= for the benchmark)"
	@echo "make test-pythons, test-lowest, coverage, docs, screenshots, lock, clean"

demo: $(VENV)/.demo
	@$(PY) examples/tutorial/serve.py --port $(PORT)

test: $(VENV)/.dev
	$(PY) -m pytest $(ARGS)

# The oldest releases that pyproject.toml allows for what the package itself needs. Types are checked
# against the newest alone: the frameworks' own have improved since. What runs in a browser, or next
# to the peers, is no release of theirs.
test-lowest: $(LOWEST)/.done
	$(LOWEST)/bin/python -m pytest --ignore tests/typing --ignore tests/browser \
		--ignore tests/console --ignore tests/test_benchmarks.py $(ARGS)

# Types are checked for the oldest of them by make check.
test-pythons: | $(UV)
	@.ci/test-pythons $(ARGS)

coverage: $(VENV)/.dev
	$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest $(ARGS)
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report

bench: $(VENV)/.dev
	$(PY) -m benchmarks $(ARGS)

check: $(VENV)/.dev
	$(UV) lock --check --quiet
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pyright
	$(PY) -m sphinx -E -W -q -b html docs docs/_build/html

docs: $(VENV)/.dev
	$(PY) docs/settings_tables.py
	$(PY) -m sphinx -W -b html docs docs/_build/html

# Chromium is the system's (FLASK_JWT_TEST_CHROMIUM for another than /usr/bin/chromium).
screenshots: $(VENV)/.dev
	$(PY) docs/screenshots.py

lock: $(UV)
	$(UV) lock --upgrade

clean:
	rm -rf $(VENV) $(LOWEST) .venv-3.* .tools docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis

# pip writes to a folder of ours, which no system forbids; uv then makes the environments.
$(UV): Makefile
	@echo "setting up .tools (uv)"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-warn-script-location \
		--upgrade --target .tools uv==$(UV_VERSION)
	@touch $@

$(PY): | $(UV)
	@echo "setting up $(VENV)"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)

# Each group is added to the one environment, so that one target never takes away another's.
$(VENV)/.demo: uv.lock pyproject.toml | $(PY)
	@echo "installing what the demo needs"
	@$(SYNC) --group demo
	@touch $@

$(VENV)/.dev: uv.lock pyproject.toml | $(PY)
	@echo "installing what development needs"
	@$(SYNC) --group dev
	@touch $@ $(VENV)/.demo

$(LOWEST)/.done: pyproject.toml | $(UV)
	@echo "setting up $(LOWEST)"
	@$(UV) venv --quiet --clear --python $(PYTHON) $(LOWEST)
	@$(UV) pip install --quiet --python $(LOWEST) --resolution lowest-direct --editable '.[all]'
	@$(UV) pip freeze --quiet --python $(LOWEST) --exclude-editable >$(LOWEST)/lowest.txt
	@$(UV) pip install --quiet --python $(LOWEST) --constraint $(LOWEST)/lowest.txt \
		--group tests --group bench
	@touch $@
