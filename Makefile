# The targets of the project. Everything is installed in .venv; `make` alone lists the targets.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
KAFKA ?= embedded
WORKERS ?= 2
SEED ?= 1
SEEDS ?= 200
BASE ?= main
MINUTES ?= 30
PEOPLE ?= 600
PARALLEL := -n $(WORKERS) --dist worksteal
PIP := --quiet --disable-pip-version-check
# For an environment of which little is imported: to compile every module takes a third of an installation. In .venv it is
# done, because a test that imports a module first would fail at a warning of the compiler.
UNCOMPILED := install $(PIP) --no-compile
UV := .venv-tools/bin/uv --no-config
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --no-strip-extras --generate-hashes \
	--custom-compile-command "make lock" $(ARGS)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 17

.venv/ready: pyproject.toml requirements/dev.txt
	$(PYTHON) -c 'import sys; sys.exit("pro-collector needs Python 3.11 or newer; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv (once; a few minutes)"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install $(PIP) --progress-bar on --require-hashes -r requirements/dev.txt
	$(BIN)/pip install $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv-tools/ready: requirements/tools.txt
	$(PYTHON) -m venv .venv-tools
	.venv-tools/bin/pip $(UNCOMPILED) --require-hashes -r requirements/tools.txt
	@touch $@

.venv-second-reader/ready: requirements/second-reader.txt
	$(PYTHON) -m venv .venv-second-reader
	.venv-second-reader/bin/pip $(UNCOMPILED) --require-hashes -r requirements/second-reader.txt
	@touch $@

# The product as a hospital installs it, without the tools that only developers need.
build/runtime/ready: .venv/ready .venv-tools/ready requirements/runtime.txt
	rm -rf build/runtime build/wheel
	$(PYTHON) -m venv --without-pip build/runtime
	$(BIN)/pip --python build/runtime/bin/python $(UNCOMPILED) --require-hashes -r requirements/runtime.txt
	$(BIN)/pip wheel $(PIP) --no-deps --no-build-isolation -w build/wheel .
	$(BIN)/pip --python build/runtime/bin/python $(UNCOMPILED) --no-deps build/wheel/*.whl
	build/runtime/bin/pro-collector --version
	@touch $@

setup: .venv/ready ## create .venv with exact versions, each checked by its hash

demo: setup ## run the whole product on one page, with simulated patients
	$(BIN)/pro-collector demo

up: setup ## run a small study on this machine, durable, in real time
	$(BIN)/pro-collector up

test: setup ## run the whole suite on embedded PostgreSQL and Kafka, on two cores; KAFKA=apache for Apache Kafka
	PRO_TEST_KAFKA=$(KAFKA) $(BIN)/pytest $(if $(filter apache,$(KAFKA)),-m kafka) $(PARALLEL) \
		--junitxml=build/results/$(KAFKA).xml $(ARGS)

kafka: setup ## run one Apache Kafka on loopback until Ctrl-C (needs Java 17 and Maven)
	$(BIN)/python -m tests.apache_kafka

fhir-server: setup ## read a feed from HAPI FHIR, and have it validate what is exported as FHIR (needs a JDK of Java 17 and Maven)
	PRO_TEST_FHIR=hapi $(BIN)/pytest tests/wire/test_hapi_fhir.py $(ARGS)

check: static unit ## check style, types, import contracts and schemas; run the unit ring with the coverage of the pure core

# The two halves of `make check`; with -j both run at once.
static: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pro-collector events schemas --check

unit: setup
	$(BIN)/pytest tests/unit $(PARALLEL) --cov --cov-fail-under=99 --junitxml=build/results/unit.xml

format: setup ## format the source
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv-tools/ready ## build a website of the documents in build/site
	.venv-tools/bin/mkdocs build --strict

sbom: build/runtime/ready ## list the components of the product as CycloneDX: build/sbom.cdx.json; refuse GPL and AGPL
	.venv-tools/bin/cyclonedx-py environment build/runtime/bin/python --pyproject pyproject.toml \
		--mc-type application --output-reproducible --validate --of JSON -o build/sbom.cdx.json
	$(BIN)/python -m tests.sbom build/sbom.cdx.json

audit: .venv-tools/ready ## search published advisories for the pinned versions (needs access to the advisories of PyPI)
	.venv-tools/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/runtime.txt $(ARGS)

images: setup ## pin the images of others by their present digests (needs docker and their registries); ARGS=--check looks only
	$(BIN)/python -m tests.images $(ARGS)

lock: .venv-tools/ready ## pin every dependency with its hashes; ARGS=--upgrade for the newest versions
	$(LOCK) pyproject.toml -o requirements/runtime.txt >/dev/null
	$(LOCK) --group build -c requirements/runtime.txt -o requirements/build.txt >/dev/null
	$(LOCK) pyproject.toml --extra embedded --group build --group dev \
		-c requirements/runtime.txt -c requirements/build.txt -o requirements/dev.txt >/dev/null
	$(LOCK) pyproject.toml --extra otel -c requirements/runtime.txt -o requirements/otel.txt >/dev/null
	$(LOCK) pyproject.toml --extra parquet -c requirements/runtime.txt -o requirements/parquet.txt >/dev/null
	$(LOCK) pyproject.toml --extra cdisc -c requirements/runtime.txt -o requirements/cdisc.txt >/dev/null
	$(LOCK) --group tools -o requirements/tools.txt >/dev/null
	$(LOCK) --group second-reader -o requirements/second-reader.txt >/dev/null

hooks: .venv-tools/ready setup ## install git hooks: ruff at every commit, make check before every push
	.venv-tools/bin/pre-commit install

soak: setup ## run the random tests for longer: unit ring, requests to every route, a hostile month; SEED=2 for others
	$(BIN)/pytest tests/unit $(PARALLEL) --hypothesis-profile=search --hypothesis-seed=$(SEED)
	PRO_TEST_FUZZ=500 PRO_TEST_SEED=$(SEED) $(BIN)/pytest tests/wire/web/test_fuzz.py
	$(BIN)/python -m tests.hostile --conversations 2000 --seed $(SEED)

simulate-faults: setup ## live weeks in virtual time with faults at every boundary; SEEDS=100000 for more, SEED=7 for one again
	$(BIN)/python -m tests.lives --seeds $(SEEDS) $(if $(filter file,$(origin SEED)),,--seed $(SEED)) $(ARGS)

week: setup ## live a coordinator's week in a browser, by mouse and by keyboard, and count (a run of all tests: by keyboard)
	PRO_TEST_WEEK=mouse,keyboard $(BIN)/pytest tests/whole/browser/test_week.py $(ARGS)

chaos: setup ## run each part in a process of its own and let faults strike, then judge; MINUTES=, PEOPLE=, SEED=, KAFKA=apache or cluster
	$(BIN)/python -m tests.chaos --minutes $(MINUTES) --people $(PEOPLE) --seed $(SEED) --kafka $(KAFKA) $(ARGS)

mutants: setup ## measure on a sample which share of the mutants of the pure core the unit ring kills; SEED=2 for another
	$(BIN)/python -m tests.mutants --seed $(SEED) $(ARGS)

validation-pack: setup ## run all tests; write requirements, risks, tests and outcomes for signing; RESULTS="a.xml b.xml" takes runs
	$(if $(RESULTS),,rm -f build/results/all.xml)
	$(if $(RESULTS),,-$(BIN)/pytest $(PARALLEL) --junitxml=build/results/all.xml)
	$(BIN)/python -m tests.validation_pack $(or $(RESULTS),build/results/all.xml)

second-reader: setup .venv-second-reader/ready ## train the second reader of replies; writes its weights and its card
	$(BIN)/python -m tests.second_reader .venv-second-reader/bin/python

bench: setup ## measure speeds, as ratios to a ceiling measured in the same run; conversations end to end on Apache Kafka
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.turns $(ARGS)

bench-compare: setup ## measure conversations end to end in turn with those of another commit: BASE=main; ARGS="--kafka none"
	$(BIN)/python -m tests.turns --base $(BASE) --pairs 3 $(ARGS)

clean: ## remove .venv and caches (never data)
	rm -rf .venv .venv-tools .venv-second-reader build mutants .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: help setup demo up test kafka fhir-server check static unit format docs sbom audit images lock hooks soak simulate-faults week chaos mutants validation-pack second-reader bench bench-compare clean
