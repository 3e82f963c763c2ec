import Foundation
import TestSupport
import Testing

@testable import FailureWriter

/// Stores that are opened, used and closed over and over, in a process of their own: it holds no more at the end than
/// soon after its beginning.
@Suite("Opened, used and closed") struct OpenAndCloseTests {
    /// What descriptors and threads may grow by: those of stores that were closed a moment ago.
    private static let leaving = 16
    /// What the allocated memory may grow by in the second half, whatever the number of cycles.
    ///
    /// It is what the system's libraries keep for their next use; among some hundred cycles it hides a leak of less
    /// than some kilobytes in each.
    private static let unevenBytes = 512 << 10
    /// What it may also grow by in each of all the cycles.
    ///
    /// In the long form a leak of one object a cycle exceeds this, on SQLite and in memory.
    private static let bytesPerCycle = 4

    @Test(arguments: try TestedStore.Kind.selected()) func store(kind: TestedStore.Kind) async throws {
        // Each connects to the server, several times.
        let cycles = try SoakCount.cycles.value / (kind == .postgres ? 10 : 1)
        try await kind.withStore(isInMemory: true) { store in
            try await check(kind.rawValue, store.url, store.setting, cycles: max(cycles, 50))
        }
    }

    @Test(.enabled(if: try TestBackends.memory.isSelected())) func memory() async throws {
        try await check("memory", "memory:", "-", cycles: try SoakCount.cycles.value)
    }

    private func check(_ name: String, _ url: String, _ setting: String, cycles: Int) async throws {
        let folder = try TemporaryFolder()
        let run = try await Executable.run(
            [TestedPackage.executable("FailureWriter").path, "cycles", url, setting, "\(cycles)"], in: folder)
        let lines = run.output.split(separator: "\n")
        guard !lines.isEmpty || run.status != 0 else {
            print("Skipped the cycles of \(name): this system has no /proc to count descriptors in")
            return
        }
        let holdings = lines.compactMap(Holdings.init(line:))
        try #require(run.status == 0 && holdings.count == 10 && lines.count == 10, "\(run)")
        // Descriptors and threads that stay for good are there after two tenths of the cycles; memory needs half of
        // them.
        let (early, half, late) = (holdings[1], holdings[4], holdings[9])
        #expect(late.descriptors <= early.descriptors + Self.leaving, "\(run.output)")
        #expect(late.threads <= early.threads + Self.leaving, "\(run.output)")
        #expect(late.bytes - half.bytes <= Self.unevenBytes + Self.bytesPerCycle * cycles, "\(run.output)")
        var figures = Figures("opened, used and closed, \(name)")
        figures.faults = cycles
        figures.add(cycles)
        figures.report()
    }
}
