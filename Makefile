# Everything happens in the checkout: the environment is .venv, a user's data is $PULSE_HOME.
PYTHON ?= python3.11
export PULSE_HOME ?= $(CURDIR)/workspace
export DO_NOT_TRACK = 1

.PHONY: run test test-slow test-spark spark score deliveries faults soak audit bench lint docs dashboard screens setup lock dev clean

run: setup
	@test -n "$$(ls $(PULSE_HOME)/feeds/*.yml 2>/dev/null)" || .venv/bin/pulse sample story
	@.venv/bin/pulse run; code=$$?; [ $$code -eq 3 ] && exit 0 || exit $$code  # 3: finished, some rows quarantined

# Two at a time; the tests of a file stay together, because they share workspaces. The long ones (faults) come first.
test: setup
	@.venv/bin/python -m pytest -m "not slow and not spark" -n 2 --dist loadfile --no-loadscope-reorder

# Each mart on both engines, on a cluster that is started for it and stopped; needs Java 17. SPARK='spark' tries Iowa, too.
SPARK ?= spark and not slow
test-spark: spark
	@.venv/bin/python -m pytest -m "$(SPARK)" tests/spark -s

# What PULSE_ENGINE=spark needs besides.
spark: .venv/spark-ready

# Before a release: every rule broken once, with the test that notices (half an hour), the benchmarks at a tiny size, the pages.
test-slow: setup
	@.venv/bin/python -m pytest -m "slow and not spark" -n 2 -vv

# SIZES="5M 20M 50M 100M" for more; 100M takes about 30 GB of disk
SIZES ?= 1M 5M
bench: .venv/bench-ready
	@.venv/bin/python -m benchmarks.run $(SIZES)

# The lists of `make run` against the truth of the invented market.
score: setup
	@.venv/bin/python -m examples.story.score

# Two hundred random deliveries, each time: going on from the last build equals building anew (a long run).
deliveries: setup
	@PULSE_DELIVERIES=201 .venv/bin/python -m pytest tests/test_increments.py -n 2

# Every fault of the matrix, with counts (a long run); needs to be root for the small disks.
faults: setup
	@PULSE_FAULTS=all .venv/bin/python -m pytest -m "fault and not slow" -n 2

# Thirty simulated days with random faults; SEED for others.
SEED ?= 1
soak: setup
	@PULSE_FAULTS=soak PULSE_SOAK_DAYS=30 PULSE_SOAK_SEED=$(SEED) .venv/bin/python -m pytest tests/faults/test_soak.py

# Known vulnerabilities in the locked dependencies; fails where none could be looked up.
audit: setup
	@.venv/bin/python -m tests.audit

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/sqlfluff lint dbt_project/models --processes 2
	.venv/bin/mypy

docs: setup
	@.venv/bin/pulse docs

# The pages on the published marts, http://127.0.0.1:8501
dashboard: setup
	@.venv/bin/pulse dashboard

# Each page in Chromium, filtered and exported; pictures go to $PULSE_SCREENS
screens: setup
	@PULSE_SCREENS=$${PULSE_SCREENS:-$(PULSE_HOME)/screens} .venv/bin/python -m pytest -m slow tests/test_screens.py -vv

dev: setup
	@.venv/bin/pulse dev

setup: .venv/ready

# The lock holds names, versions and hashes; where they come from is the machine's own setting.
.venv/ready: requirements.lock pyproject.toml
	@echo "Setting up .venv (about two minutes, once) ..."
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes --requirement requirements.lock
	@PYTHONWARNINGS=ignore .venv/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Same pins as the lock of the project, and what the benchmarks compare with.
.venv/bench-ready: requirements-bench.lock .venv/ready
	@.venv/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes --requirement requirements-bench.lock
	@touch $@

.venv/spark-ready: requirements-spark.lock .venv/ready
	@.venv/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes --requirement requirements-spark.lock
	@touch $@

# Needs uv (pip install uv); the addresses of indexes stay out of the lock.
lock:
	uv pip compile pyproject.toml --extra dev --extra dashboard --extra metrics --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --output-file requirements.lock
	uv pip compile pyproject.toml --extra bench --constraint requirements.lock --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --output-file requirements-bench.lock
	uv pip compile pyproject.toml --extra spark --constraint requirements.lock --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --output-file requirements-spark.lock

clean:
	rm -rf .venv workspace
