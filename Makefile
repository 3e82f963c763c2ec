# make demo   installs what is missing, builds the tool and shows it on a sample archive
# make test   installs what is missing and runs all tests on all backends
# make test-everywhere  runs the conformance suite on other servers, locales and settings than make test; Linux only
# make bench-import  measures the import of an archive (ARCHIVE=FILE) into SQLite and PostgreSQL
# make lint   checks the format; make format mends it

.PHONY: demo test test-everywhere bench-import lint format clean

SWIFT_PATHS = Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Benchmarks

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

bench-import:
	@.scripts/install-packages --tests
	@.scripts/bench-import $(ARCHIVE)

lint:
	swift format lint --strict --recursive $(SWIFT_PATHS)

format:
	swift format --in-place --recursive $(SWIFT_PATHS)

clean:
	rm -rf .build Benchmarks/.build chat.db chat.db-wal chat.db-shm
