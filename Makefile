# make crawl: crawl the demo newspaper. make test: run the tests.
# Both make the virtual environment first; they need nothing but Python and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARTICLES ?= 300
DEMO_ARCHIVE ?= demo-archive
DEMO_PORT ?= 8642

BENCH ?= reading crawling memory hourly ledger near_duplicates export warc report browse rendering cluster

.PHONY: crawl test check audit torture bench schema clean

# An archive belongs to one site. The port is the one of `scrapy demo`, so that later crawls can continue the archive.
crawl: $(STAMP)
	rm -rf $(DEMO_ARCHIVE)
	HERALD_ARCHIVE=$(DEMO_ARCHIVE) $(BIN)/scrapy demo --port $(DEMO_PORT) --articles $(ARTICLES) -- \
		$(BIN)/scrapy crawl herald -s DOWNLOAD_DELAY=0 -s AUTOTHROTTLE_ENABLED=0 \
		-s CONCURRENT_REQUESTS=8 -s CONCURRENT_REQUESTS_PER_DOMAIN=8

# Three processes on two cores: many tests wait for other processes. They start hundreds of Pythons, which read
# compiled modules, even where the environment keeps Python from writing them.
test: export PYTHONDONTWRITEBYTECODE =
test: $(STAMP)
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Look up known vulnerabilities of the pinned packages on PyPI; fails if a package cannot be looked up.
audit: .audit/.installed
	.audit/bin/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

.audit/.installed:
	$(PYTHON) -m venv .audit
	.audit/bin/python -m pip install --quiet pip-audit
	touch $@

torture: $(STAMP)
	$(BIN)/python -m tests.torture --kills 100
	$(BIN)/python -m tests.torture --rounds 200

bench: $(STAMP)
	for each in $(BENCH); do echo "== $$each"; $(BIN)/python -m benchmarks.$$each || exit 1; done

schema: $(STAMP)
	$(BIN)/python -m herald_spider.schema > docs/article.schema.json

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .audit $(DEMO_ARCHIVE) build *.egg-info
