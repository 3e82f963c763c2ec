/// The command line that runs one check on one backend again.
enum TestCommand {
    static func text(toRun checkID: String, on backend: String, seed: UInt64) -> String {
        "CHATSTORAGE_TEST_SEED=\(seed) CHATSTORAGE_TEST_CHECKS=\(checkID) CHATSTORAGE_TEST_BACKENDS=\(backend) "
            + "swift test --filter ConformanceTests.BackendConformanceTests"
    }
}
