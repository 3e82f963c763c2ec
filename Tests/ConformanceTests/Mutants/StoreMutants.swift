import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import TestSupport

extension Mutant {
    /// Mutants whose calls are right, and whose stores keep or say what they should not.
    static let stores: [Mutant] = [
        Mutant(
            "saves to the disk only when it is closed", caughtBy: "durability.not-closed",
            related: ["answers.survive", "closing.writes-under-way-whole"], harness: DiskHarness(saves: .inClose)),
        Mutant(
            "stores half an append when it is closed meanwhile", caughtBy: "closing.writes-under-way-whole",
            related: [
                "removal.key-is-free", "lists.read-marks", "lists.*", "append.*", "keys.*", "conditions.*", "closing.*",
                "atomicity.append.*", "order.sequence.*", "order.time.*",
            ],
            harness: DiskHarness(fault: appendsByHalves)),
        Mutant(
            "leaves answers under way as they are when it is closed", caughtBy: "answers.writer.closed",
            harness: DiskHarness(endsAnswers: false)),
        Mutant(
            "refuses bad rows in its database without declaring it", caughtBy: "absence.engine-constraints",
            // A handle that is closed also refuses the reads of its snapshots.
            related: ["snapshots.closing"],
            harness: UndeclaredHarness(has: .engineConstraints)),
        Mutant(
            "refuses newer schemas without declaring it", caughtBy: "absence.versioned-schema",
            related: ["snapshots.closing"],
            harness: UndeclaredHarness(has: .versionedSchema)),
        Mutant(
            "has independent handles without declaring it", caughtBy: "absence.multi-process",
            // Only what goes through its handles is closed.
            related: ["closing.refuses-every-call", "snapshots.read-only", "snapshots.closing"],
            harness: UndeclaredHarness(has: .multiProcess)),
        Mutant(
            "gives itself in place of a snapshot",
            caughtBy: "snapshots.one-moment", "snapshots.tenants", "snapshots.read-only", "snapshots.closing",
            "snapshots.beside-writers",
            harness: MomentlessHarness()),
    ]

    private static let appendsByHalves: Fault = { call, base, _ in
        guard let (messages, id, condition) = call.appended, messages.count > 1,
            (try? Validation.check(NewMessages(messages, to: id), roles: .standard)) != nil
        else { return try await call.perform(on: base) }
        let half = messages.count / 2
        let first = try await base.append(Array(messages.prefix(half)), to: id, if: condition)
        for _ in 0..<10 { await Task.yield() }
        let rest = try await base.append(Array(messages.dropFirst(half)), to: id, if: condition)
        return try await .appended(first + rest, to: id, in: base)
    }
}

/// Stores in memory that declare snapshots and have none.
private struct MomentlessHarness: ConformanceHarness {
    let name = "memory without moments"

    func makeStore() -> any ConformanceStore { Store() }

    private struct Store: ConformanceStore {
        let backend = Backend(base: InMemoryBackend())

        func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: backend, count: count) }

        func handle(taking roles: RoleSet) -> any ChatStorageBackend { InMemoryBackend(roles: roles) }

        func reopen() -> any ChatStorageBackend { InMemoryBackend() }

        func remove() {}
    }

    private struct Backend: ForwardingBackend {
        let base: InMemoryBackend

        var capabilities: Capabilities { .snapshots }
    }
}
