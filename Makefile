# `make demo` and `make test` do everything, on a machine with Python 3.11 or newer and make.
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: demo test setup format lint types imports current unit bench docs catalogs formulas clean

demo: setup
	$(BIN)/sparkc build specs/minimax-m27.yaml
	@echo
	$(BIN)/sparkc plan specs/minimax-m27.yaml
	@echo
	@echo "Written: generated/minimax-m27. Read its README.md, then generated/minimax-m27/shell/launch.sh --help"

test: lint types imports current unit

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml tools/setup.sh
	tools/setup.sh $(VENV)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

imports: setup
	PYTHONPATH=compiler:targets $(BIN)/lint-imports

# Committed files that are made by the project: launches, schema, rule pages.
current: setup
	$(BIN)/sparkc build --check
	$(BIN)/python tools/write_docs.py --check

unit: setup
	$(BIN)/pytest -n $(JOBS)

docs: setup
	$(BIN)/python tools/write_docs.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Downloads every vLLM and SGLang release that has a catalog, one after the other, and asks its real parser.
catalogs: setup
	nice $(BIN)/python tools/catalog_gate

# Downloads releases of vLLM, SGLang and Ray, and holds the memory planner's formulas against their own code.
formulas: setup
	nice $(BIN)/python tools/formula_gate

bench: setup
	$(BIN)/python tools/bench.py

clean:
	rm -rf $(VENV) .sparkc-cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
