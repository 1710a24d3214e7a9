# Set-up is part of every target and is skipped while requirements.lock has not changed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
RUN := $(VENV)/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
NBVAL := --nbval --nbval-current-env

.DEFAULT_GOAL := help
.PHONY: help setup report site lab test test-all test-latest environments bench level refresh lines lock

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## +/\t/' | expand -t 14

setup:  ## build .venv from requirements.lock
	@cmp -s requirements.lock $(VENV)/installed.lock || { \
	  echo "setting up $(VENV) (a minute or two) ..." && \
	  $(PYTHON) -m venv --clear $(VENV) && \
	  $(RUN) -m pip install --quiet --require-hashes -r requirements.lock && \
	  $(RUN) -m pip install --quiet --no-deps --no-build-isolation -e . && \
	  cp requirements.lock $(VENV)/installed.lock; }

report: setup  ## tables, executed notebooks, charts and the site: reports/site/index.html
	$(RUN) -m helpers all

site: setup  ## the site alone, from what is in reports/ or the repository
	$(RUN) -m helpers site

# JupyterLab hides the charts of a notebook that is neither trusted nor run.
lab: setup  ## JupyterLab on the notebooks
	$(RUN) -m jupyter trust notebooks/*.ipynb
	$(RUN) -m jupyterlab notebooks

test: setup  ## lint, unit tests, and every notebook cell compared by nbval
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest -n 2 --dist loadscope $(NBVAL) --doctest-modules src tests notebooks

test-all: test  ## test, and the slow tests
	$(RUN) -m pytest -m slow -n 2 --dist worksteal tests

test-latest: setup  ## the unit tests on the newest and on the lowest versions that pyproject.toml allows
	$(RUN) scripts/versions.py

environments: setup  ## the commands without HOME, network or git, as another user, installed without the lock ...
	$(RUN) scripts/environments.py

bench: setup  ## benchmarks against peers, as ratios
	$(RUN) benchmarks/bench.py
	$(RUN) benchmarks/bench_import.py
	$(RUN) benchmarks/bench_reliability.py
	$(RUN) benchmarks/bench_site.py

level: setup  ## false-positive rates of the tests, and coverage of the intervals (minutes)
	$(RUN) benchmarks/level.py
	$(RUN) benchmarks/comparison_coverage.py
	$(RUN) -m benchmarks.rate_limits
	$(RUN) -m benchmarks.answers
	$(RUN) -m benchmarks.planned

lines: setup  ## count the lines of the code, and list long functions
	$(RUN) scripts/count_lines.py

refresh: setup  ## after a change of data or code: rebuild every committed output
	$(RUN) -m helpers validate
	$(RUN) -m helpers build
	$(RUN) -m helpers run --update
	$(RUN) -m helpers export --update

lock: setup  ## compile requirements.lock from pyproject.toml
	$(VENV)/bin/uv pip compile pyproject.toml --extra site --group dev --universal --fork-strategy fewest --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock
