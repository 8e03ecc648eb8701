# The one vocabulary: make setup, demo, test, check, docs, bench. CI calls the same words.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup demo test check audit docs bench scale hard results ablation years model lock clean
.DEFAULT_GOAL := setup
# Many short processes import the same two thousand modules: compile them once.
unexport PYTHONDONTWRITEBYTECODE

setup: $(READY)

# uv installs the locked, hashed set in seconds; where it cannot (no wheel, another index set-up), pip does the same.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || true
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: setup
	$(BIN)/graduation-model demo --out demo

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# The data dictionary follows the instrument (a test fails where it does not); the site opens from disk: build/site/index.html.
docs: setup
	$(BIN)/graduation-model dictionary --programme jamsosratu --out docs/privacy/data_dictionary_jamsosratu.md
	$(BIN)/python -m sphinx -q -W -E -c docs . build/site
	@echo "open build/site/index.html"

test: check
	$(BIN)/python -m pytest -n 2 --dist loadfile -q --durations=40

# Whatever looks like a secret, for a person to judge, and known weaknesses of the locked packages (asks a network; what
# could not be looked up is an error, not "none found").
audit: setup
	$(BIN)/uv tool run detect-secrets scan $$(git ls-files ':!requirements.lock' ':!*.parquet' ':!*.ipynb')
	$(BIN)/uv tool run pip-audit --strict --requirement requirements.lock --disable-pip --require-hashes

# Speed and size beside their targets and beside other packages; rewrites docs/benchmarks.md. Half an hour.
bench: setup
	$(BIN)/python benchmarks/run.py --page --peers

# What scoring costs from ten thousand families to five million; rewrites docs/scale.md. Half an hour.
scale: setup
	$(BIN)/python benchmarks/scale.py

# The long checks: a known truth, bad input, faults; rewrites docs/results-{known-truth,simulated,monitoring,shap,severity,fuzz,faults}.md.
hard: setup
	$(BIN)/python benchmarks/hard.py
	$(BIN)/python benchmarks/quiet_years.py
	$(BIN)/python benchmarks/severity.py
	$(BIN)/python benchmarks/documentation.py
	$(BIN)/python benchmarks/fuzz.py
	$(BIN)/python benchmarks/faults.py

lock: setup
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --output-file requirements.lock --upgrade

clean:
	rm -rf $(VENV) demo

# Trains on the real panel in $$ENAHO and rewrites the README's tables and docs/results.md.
results: setup
	$(BIN)/python benchmarks/enaho.py

# What each idea adds there: docs/ablation.md. Some minutes.
ablation: setup
	$(BIN)/python benchmarks/ablation.py

# Three years of a small simulated province in a row, each from the folder of the one before; ends with runs/years.
years: setup
	$(BIN)/python benchmarks/years.py

# The small bundle that lets scoring be tried without training.
model: setup
	$(BIN)/python benchmarks/small_model.py
