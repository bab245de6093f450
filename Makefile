# Jobs of the project. Each prepares .venv first (quick when it is ready); tools/do.py says what each one runs.
PYTHON ?= python3
DO = $(PYTHON) tools/do.py

.PHONY: demo demo-google test dev check bench wheel pins demo-book clean

demo:        ## sync an invented firm's workbook and say where to look
	@$(DO) demo
demo-google: ## the same in a Google spreadsheet, on the tests' emulator of it
	@$(DO) demo-google $(ARGS)
test:        ## all tests
	@$(DO) test $(ARGS)
dev:         ## the environment with the developers' tools
	@$(DO) dev
check:       ## format, lint, types, import contracts, fast tests: under a minute
	@$(DO) check $(ARGS)
bench:       ## measure, and write docs/performance.md: takes a while; make bench ARGS=--quick
	@$(DO) bench $(ARGS)
wheel:       ## dist/: the package that owners install (docs/howto/install.md), and its source
	@$(DO) wheel
demo-book: dev  ## draw the bundled demo workbooks anew
	@.venv/bin/python tools/make_demo.py

# New pins: needs uv. The files name versions and hashes for every system, never an index.
PIN = uv pip compile --quiet --universal --fork-strategy fewest --generate-hashes --no-header --no-annotate \
      --no-emit-index-url --no-emit-find-links --python-version 3.11
pins:        ## requirements*.txt from pyproject.toml
	$(PIN) pyproject.toml requirements.in -o requirements.txt
	$(PIN) --extra dev -c requirements.txt pyproject.toml requirements.in -o requirements-dev.txt

clean:       ## everything that can be made again
	rm -rf .venv build dist demo-out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
