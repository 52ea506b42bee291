PYTHON ?= python3
BIN := .venv/bin
INSTALL := @$(PYTHON) deploy/install.py
TESTS ?= tests
JOBS ?= 2
TEMPLATES := $(wildcard templates)
# What Django's own tools need to load the settings; nothing is connected.
BARE := SECRET_KEY=unused FIELD_KEYS=unused DATABASE_URL=postgres://nobody@127.0.0.1:9/none REDIS_URL=redis://127.0.0.1:9/0

export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup demo demo-reset test races same-plan same-hash check bench yardsticks week stream lint types arch migrations fmt vendor migrate requirements requirements-check

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-20s %s\n", $$1, $$2}'

setup: ## Make .venv with everything for tests and checks
	$(INSTALL) requirements-dev.txt

demo: ## Start everything on this machine: PORT=8000, DEMO_ORDERS_PER_MINUTE; Ctrl-C stops it
	@began=$$(date +%s); $(PYTHON) deploy/install.py requirements.txt && \
	INSTALL_SECONDS=$$(( $$(date +%s) - began )) exec $(BIN)/python -m dom_project.up

demo-reset: ## Forget the demo's data; the next `make demo` starts over
	@$(PYTHON) deploy/reset.py

test: setup ## Run all tests: TESTS=tests/routing, JOBS=4
	@$(BIN)/python -m pytest -q -n $(JOBS) $(TESTS)

races: setup ## Run the races on real PostgreSQL, by name: they are part of `make test` too
	@$(BIN)/python -m pytest -v -m races $(TESTS)

same-plan: setup ## Worker, test drive and stored decision agree on PROBLEMS=5000 batches of 1 to 50 orders
	@SAME_PLANS=$(or $(PROBLEMS),5000) $(BIN)/python -m pytest -q -n $(JOBS) -m same_plan tests/routing/test_same_plan.py

same-hash: setup ## Every mode gives the same plan with 1 and 2 threads, again and again: PYTHONS=/path/to/another/python
	@$(BIN)/python -m benchmarks.same_hash $(PYTHONS)

check: lint types arch migrations requirements-check ## Everything that can be said without running it

lint: setup ## Style of code and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --quiet --lint $(TEMPLATES)
	@find $(TEMPLATES) -name '*.html' -print0 | xargs -0 -r $(BIN)/djhtml --check

types: setup ## Types, strict in the pure modules
	@$(BARE) $(BIN)/mypy .

arch: setup ## Who may import whom
	@$(BIN)/lint-imports

migrations: setup ## Models and migrations agree
	@$(BARE) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

stream: setup ## Route a real order stream from its file: ORDERS=orders.csv.gz
	@ORDERS=$(ORDERS) $(BIN)/python -m benchmarks stream

bench: setup ## Measure beside a limit probe of the same run: ONLY=kernel
	@$(BIN)/python -m benchmarks $(ONLY)

yardsticks: setup ## How far the engine is from the optimum, and how fast: ARGS='--quick --only 1.3,speed --record'
	@$(BIN)/python -m benchmarks.yardsticks $(ARGS)

week: setup ## The demo's week by nearest node, cheapest node and optimum: ORDERS=904 a day, USUAL=226 before, STOCK=1 (share)
	@ORDERS=$(or $(ORDERS),904) USUAL=$(or $(USUAL),226) $(BIN)/python -m benchmarks week

fmt: setup ## Put code and templates into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@find $(TEMPLATES) -name '*.html' -print0 | xargs -0 -r $(BIN)/djhtml

vendor: setup ## Fetch the front-end files of dom_project/vendor.toml again (needs npm)
	@$(BARE) $(BIN)/python -W ignore::RuntimeWarning manage.py vendor

migrate: setup ## Bring the database of DATABASE_URL, or of the running demo, up to date
	@$(BIN)/python manage.py migrate

requirements: setup ## Pin pyproject.toml anew, with hashes, for all platforms
	@$(PYTHON) deploy/requirements.py

requirements-check: setup
	@$(PYTHON) deploy/requirements.py --check
