import ChatStorageConformance
import TestSupport
import Testing

/// The contract, checked on each backend; one check at a time, since many are about concurrency themselves.
@Suite(.serialized) struct BackendConformanceTests {
    private static let memory = ConformanceRun(InMemoryHarness())
    private static let sqlite = ConformanceRun(SQLiteHarness())

    @Test(.enabled(if: try TestBackends.memory.isSelected()), arguments: ConformanceRun.checks)
    func memory(_ check: Check) async {
        await Self.memory.run(check)
    }

    @Test(.enabled(if: try TestBackends.sqlite.isSelected()), arguments: ConformanceRun.checks)
    func sqlite(_ check: Check) async {
        await Self.sqlite.run(check)
    }
}
