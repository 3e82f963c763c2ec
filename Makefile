# make demo   installs what is missing, builds the tool and shows it on a sample archive
# make test   installs what is missing and runs all tests on all backends
# make test-everywhere  runs the conformance suite on other servers, locales and settings than make test; Linux only
# make soak   runs the failure tests in their long forms and prints what they did; SOAK="--kills 20 --inputs 5000"
# make sanitize  runs the tests with the thread sanitizer and the address sanitizer; Linux only. SANITIZE="thread --filter X"
# make bench  measures the library beside its engines' limits and a peer, into BENCH_JSON; bench-quick in two minutes
# make plot-bench  draws what make bench has measured into the documentation
# make check-call-costs  counts the instructions of a call and compares them with the committed numbers
# make bench-operations  measures single calls: percentiles on each backend
# make bench-import  measures the import of an archive (ARCHIVE=FILE) into SQLite and PostgreSQL
# make example-test  builds the example server and drives it with OpenAI's client and headless Chromium; EXAMPLE="test_story"
# make example-load  what a request to the example costs beside one of which nothing is stored
# make docs   builds the documentation of all libraries as one static site; fails on a warning. DOCS=/BASE-PATH of its host
# make lint   checks the format; make format mends it

.PHONY: demo test test-everywhere soak sanitize bench bench-quick plot-bench check-call-costs bench-operations bench-import
.PHONY: example-test example-load docs lint format clean

SWIFT_PATHS = Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Benchmarks Benchmarks/Sources \
	Examples/ChatServer/Package.swift Examples/ChatServer/Sources
# Where the results of make bench go, which make plot-bench draws.
BENCH_JSON ?= .build-bench.json

demo:
	@.scripts/install-packages
	swift build --product chatstorage
	@.scripts/demo

test:
	@.scripts/install-packages --tests
	@.scripts/test

test-everywhere:
	@.scripts/install-packages --everywhere
	swift build --build-tests
	@.scripts/test-everywhere

soak:
	@.scripts/install-packages --tests
	@.scripts/soak $(SOAK)

sanitize:
	@.scripts/install-packages --tests
	@.scripts/sanitize $(SANITIZE)

bench:
	@.scripts/install-packages --bench
	@.scripts/bench --json $(BENCH_JSON)

bench-quick:
	@.scripts/install-packages --bench
	@.scripts/bench --quick

plot-bench:
	@.scripts/install-packages --bench
	@.scripts/plot-bench $(BENCH_JSON)

check-call-costs:
	@.scripts/install-packages --bench
	@.scripts/check-call-costs

bench-operations:
	@.scripts/install-packages --bench
	@.scripts/bench-operations

bench-import:
	@.scripts/install-packages --tests
	@.scripts/bench-import $(ARCHIVE)

example-test:
	@.scripts/install-packages --tests
	@.scripts/test-example $(EXAMPLE)

example-load:
	@.scripts/install-packages
	@.scripts/test-example --load

docs:
	@.scripts/install-packages
	@.scripts/docs $(DOCS)

lint:
	swift format lint --strict --recursive $(SWIFT_PATHS)
	@.scripts/check-traps

format:
	swift format --in-place --recursive $(SWIFT_PATHS)

clean:
	rm -rf .build .build-clients .build-docs .build-example Benchmarks/.build Examples/ChatServer/.build $(BENCH_JSON)
	rm -f demo.db demo.db-wal demo.db-shm
