# make demo   installs what is missing, builds the tool and shows it on a sample archive
# make test   installs what is missing and runs all tests on all backends
# make lint   checks the format; make format mends it

.PHONY: demo test build lint format clean

SWIFT_PATHS = Package.swift Sources Tests

demo:
	@.scripts/install-packages
	swift build --product chatstorage
	@.scripts/demo

test:
	@.scripts/install-packages --tests
	swift build --build-tests
	swift test --skip-build

lint:
	swift format lint --strict --recursive $(SWIFT_PATHS)

format:
	swift format --in-place --recursive $(SWIFT_PATHS)

clean:
	rm -rf .build chat.db chat.db-wal chat.db-shm
