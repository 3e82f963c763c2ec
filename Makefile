# make demo   installs what is missing, shows a chat whose process is killed, then the tool on a sample archive
# make test   installs what is missing and runs all tests on all backends
# make test-everywhere  runs the conformance suite on further servers, locales and settings; Linux only
# make soak   runs the failure tests in their long forms and prints what they did; SOAK="--kills 20 --inputs 5000"
# make sanitize  runs the tests with the thread sanitizer and the address sanitizer; Linux only. SANITIZE="thread --filter X"
# make bench  measures the library beside its engines' limits and a peer; BENCH=--quick takes two minutes, BENCH=costs counts
#             the instructions of calls, BENCH=plot draws what was measured
# make example  drives the example server with OpenAI's client and headless Chromium; EXAMPLE=--load says what a request costs
# make docs   builds the documentation of all libraries as one static site; fails on a warning. DOCS=/BASE-PATH of its host
# make lint   checks the format; LINT=--fix mends it

.PHONY: demo test test-everywhere soak sanitize bench example docs lint

demo:
	@.scripts/install-packages
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
	@.scripts/bench $(BENCH)

example:
	@.scripts/install-packages --tests
	@.scripts/test-example $(EXAMPLE)

docs:
	@.scripts/install-packages
	@.scripts/docs $(DOCS)

lint:
	@.scripts/lint $(LINT)
