import Benchmark
import ChatStorageCore
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageTransfer
import Foundation

/// Imports of the archive that `CHATSTORAGE_BENCH_ARCHIVE` names, parsing included, with full durability.
///
/// PostgreSQL is the server of `CHATSTORAGE_BENCH_POSTGRES`. `make bench-import` sets both.
let benchmarks: @Sendable () -> Void = {
    let environment = ProcessInfo.processInfo.environment
    let messagesPerSecond = BenchmarkMetric.custom("messages per second", polarity: .prefersLarger)
    let configuration = Benchmark.Configuration(
        metrics: [.wallClock, .cpuTotal, .peakMemoryResident, messagesPerSecond], warmupIterations: 1,
        maxDuration: .seconds(60), maxIterations: 5)

    guard let archive = environment["CHATSTORAGE_BENCH_ARCHIVE"] else {
        print("No import is measured: CHATSTORAGE_BENCH_ARCHIVE names no archive.")
        return
    }

    @Sendable func measure(_ benchmark: Benchmark, into storage: some ChatStorage) async throws {
        let start = ContinuousClock.now
        benchmark.startMeasurement()
        let summary = try await Importer(storage: storage).run(ChatFile(path: archive))
        benchmark.stopMeasurement()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        benchmark.measurement(messagesPerSecond, Int(Double(summary.messages) / seconds))
    }

    Benchmark("import, SQLite", configuration: configuration) { benchmark in
        // Beside the archive, so that the disk is the same as its own and not a memory file system.
        let path = "\(archive).\(UUID().uuidString).db"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await measure(benchmark, into: backend)
        try await backend.close()
    }

    guard let url = environment["CHATSTORAGE_BENCH_POSTGRES"] else {
        print("No import into PostgreSQL is measured: CHATSTORAGE_BENCH_POSTGRES names no server.")
        return
    }
    Benchmark("import, PostgreSQL", configuration: configuration) { benchmark in
        let backend = try await PostgresBackend(url: url)
        try await backend.prepare()
        try await measure(benchmark, into: backend.tenant(UUID().uuidString))
        try await backend.close()
    }
}
