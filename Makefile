# make demo   sing a demo score         make test   lint and fast tests      make wheel   build the package
# make setup  only the environment      make test-slow   every test          make clean   remove the environment
# make bench  measure: BENCHMARKS.md    make check-batch  svs batch with 100 scores and 20 kills (minutes)
# make picture  draw the picture of the README    make demos  15 seconds of every voice, drawn and measured: demos/
#
# Needs python3 (3.11 or later) with venv, and a C++ compiler with Python's headers (pyworld is built on installation).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH := torch==2.13.0
DEMO := sakura
export OMP_NUM_THREADS ?= 2

.PHONY: setup demo test test-slow lint wheel clean bench check-batch picture demos

setup: $(VENV)/installed

# torch comes first and pinned: the plain requirement is a range, and would take whatever is newest
$(VENV)/torch-installed:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "svs needs Python 3.11 or later; try make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=24'
	$(BIN)/python -m pip install --quiet $(TORCH)
	touch $@

$(VENV)/installed: $(VENV)/torch-installed pyproject.toml
	$(BIN)/python -m pip install --quiet -e '.[ja,test,lint]'
	touch $@

demo: setup
	$(BIN)/svs synth data/scores/$(DEMO).musicxml -o $(DEMO).wav
	@echo "Listen to $(CURDIR)/$(DEMO).wav"

# the first phrase of the demo song: the score, what was asked for, and what the default voice sang
picture: setup
	mkdir -p build/picture data/pictures
	$(BIN)/svs synth data/scores/$(DEMO).musicxml -o build/picture/$(DEMO).wav --save-stages build/picture
	$(BIN)/svs plot build/picture/$(DEMO).pitch.ds --audio build/picture/$(DEMO).wav --bars 1-4 -o data/pictures/demo.png

# hear demos/NAME.wav, and look at demos/NAME.png for holes, buzz and smears; 'pip install distillmos' judges them too
demos: setup
	$(BIN)/svs voices demo -o demos

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -q -m "not slow"

test-slow: lint
	$(BIN)/python -m pytest -q

# an idle machine, please
bench: setup
	$(BIN)/svs bench -o BENCHMARKS.md

check-batch: setup
	SVS_CHECK_SCORES=100 SVS_CHECK_KILLS=20 SVS_CHECK_VOICE=kumi $(BIN)/python -m pytest -q -s tests/batch/test_batch_promises.py

wheel: setup
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	@ls -1t dist/*.whl | head -1

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
