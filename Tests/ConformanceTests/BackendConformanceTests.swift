import ChatStorageConformance
import ChatStorageConformanceTesting
import ChatStorageSQLite
import TestSupport
import Testing

/// The contract, checked on each backend; there one check at a time, since many are about concurrency themselves.
@Suite struct BackendConformanceTests {
    @Test(.serialized, .enabled(if: try TestBackends.memory.isSelected()), arguments: ConformanceSuite.checks)
    func memory(_ check: Check) async {
        await expectConformance(check, of: InMemoryHarness())
    }

    @Test(.serialized, .enabled(if: try TestBackends.sqlite.isSelected()), arguments: ConformanceSuite.checks)
    func sqlite(_ check: Check) async {
        await expectConformance(check, of: SQLiteHarness(journalMode: .wal))
    }

    @Test(.serialized, .enabled(if: try TestBackends.sqlite.isSelected()), arguments: ConformanceSuite.checks)
    func sqliteWithRollbackJournal(_ check: Check) async {
        await expectConformance(check, of: SQLiteHarness(journalMode: .delete))
    }

    @Test(.serialized, .enabled(if: try TestBackends.postgres.isSelected()), arguments: ConformanceSuite.checks)
    func postgres(_ check: Check) async {
        await expectConformance(check, of: PostgresHarness())
    }
}
