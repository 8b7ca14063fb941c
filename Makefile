# Everything happens in the checkout: the environment is .venv, a user's data is $PULSE_HOME.
PYTHON ?= python3.11
export PULSE_HOME ?= $(CURDIR)/workspace
export DO_NOT_TRACK = 1

# What is installed is a lock of requirements/; .venv/NAME.ready says that it is. Tests ask MetricFlow, too.
LOCKS = run test metrics spark bench
RUN = .venv/run.ready
TEST = .venv/test.ready .venv/metrics.ready

.PHONY: help run test test-all test-long test-slow test-spark spark metrics score deliveries faults soak audit bench lint docs dashboard screens setup lock dev clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN) ## set up, build an invented market, publish its marts, print a summary
	@test -n "$$(ls $(PULSE_HOME)/feeds/*.yml 2>/dev/null)" || .venv/bin/pulse sample story
	@.venv/bin/pulse run; code=$$?; [ $$code -eq 3 ] && exit 0 || exit $$code  # 3: finished, some rows quarantined

# Two at a time. Whoever has ended takes tests from the other one.
PYTEST = .venv/bin/python -m pytest -n 2 --dist worksteal $(if $(CI),--durations=25)

test: $(TEST) ## the tests of each change: all rules, a share of the random histories
	@$(PYTEST) -m "not long and not real_data and not slow and not spark"

test-all: test test-long test-spark ## the tests of each merge: all random histories, real data, metrics, documentation, a soak, Spark

test-long: $(TEST) ## what test-all has besides test and test-spark
	@PULSE_TIER=all $(PYTEST) -m "(long or oracle or real_data) and not slow and not spark"

SPARK ?= spark and not slow
test-spark: $(TEST) .venv/spark.ready ## each mart on both engines, on a cluster of its own; needs Java 17; SPARK='spark' tries Iowa, too
	@.venv/bin/python -m pytest -m "$(SPARK)" tests/spark -s

test-slow: $(TEST) ## before a release: every rule broken once (half an hour), tiny benchmarks, the pages
	@.venv/bin/python -m pytest -m "slow and not spark" -n 2 -vv

spark: .venv/spark.ready ## what PULSE_ENGINE=spark needs besides

metrics: .venv/metrics.ready ## what `pulse metrics` needs besides

# 100M takes about 30 GB of disk
SIZES ?= 1M 5M
bench: .venv/bench.ready ## the benchmarks; SIZES="5M 20M 50M 100M" for more
	@.venv/bin/python -m benchmarks.run $(SIZES)

score: $(RUN) ## the lists of `make run` against the truth of the invented market
	@.venv/bin/python -m examples.story.score

deliveries: $(TEST) ## random deliveries and changes: an incremental build equals a full one (a long run)
	@PULSE_DELIVERIES=201 PULSE_CHANGES=50 .venv/bin/python -m pytest tests/test_increments.py -n 2

faults: $(TEST) ## every fault of the matrix, with counts (a long run); as root for the small disks
	@PULSE_FAULTS=all .venv/bin/python -m pytest -m "fault and not slow" -n 2

SEED ?= 1
soak: $(TEST) ## thirty simulated days with random faults; SEED=2 for others
	@PULSE_FAULTS=soak PULSE_SOAK_DAYS=30 PULSE_SOAK_SEED=$(SEED) .venv/bin/python -m pytest tests/faults/test_soak.py

audit: .venv/test.ready ## known vulnerabilities in all locks; fails where none could be looked up
	@.venv/bin/python -m tests.audit

lint: .venv/test.ready ## ruff, sqlfluff, mypy, and the floors of orchestration/
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/sqlfluff lint dbt_project/models --processes 2
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache

docs: $(RUN) ## dbt's documentation as one HTML file
	@.venv/bin/pulse docs

dashboard: $(RUN) ## the pages on the published marts, http://127.0.0.1:8501
	@.venv/bin/pulse dashboard

screens: $(TEST) ## each page in Chromium, filtered and exported; pictures go to PULSE_SCREENS
	@PULSE_SCREENS=$${PULSE_SCREENS:-$(PULSE_HOME)/screens} .venv/bin/python -m pytest -m slow tests/test_screens.py -vv

dev: $(RUN) ## the Dagster UI with its schedule, http://127.0.0.1:3000
	@.venv/bin/pulse dev

setup: $(RUN) ## install what a run, the report and the dashboard need

# A lock holds names, versions and hashes; where they come from is the machine's own setting.
.venv/%.ready: requirements/%.lock requirements/install.py pyproject.toml
	@$(PYTHON) requirements/install.py $*
	@touch $@

# The others add to what a run needs, one after the other, whatever `make -j` says.
.venv/test.ready .venv/metrics.ready .venv/spark.ready .venv/bench.ready: .venv/run.ready
.NOTPARALLEL:

# One resolution for all of them, of which each lock is a part: so no two name another version of a package. What is locked
# stays, unless it is named: make lock UPGRADE="--upgrade-package duckdb", or UPGRADE=--upgrade.
COMPILE = $(PYTHON) requirements/install.py --uv pip compile --quiet --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-strip-extras --no-header
lock: ## make the locks anew from pyproject.toml
	@echo "lock: all of them as one" && mkdir -p .venv && cat $(LOCKS:%=requirements/%.lock) > .venv/all.lock
	@$(COMPILE) $(UPGRADE) --all-extras pyproject.toml --output-file .venv/all.lock
	@set -e; for name in $(LOCKS); do \
	  echo "lock: $$name"; cp .venv/all.lock .venv/$$name.lock; \
	  $(COMPILE) --extra $$(echo $$name | sed s/^run$$/dashboard/) pyproject.toml --output-file .venv/$$name.lock; \
	  mv .venv/$$name.lock requirements/$$name.lock; \
	done
	@echo "lock: uv" && echo uv | $(COMPILE) $(UPGRADE) - --output-file requirements/uv.lock

clean: ## remove .venv and workspace
	rm -rf .venv workspace
