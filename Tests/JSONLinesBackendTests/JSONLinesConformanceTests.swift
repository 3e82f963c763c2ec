import ChatStorageConformance
import ChatStorageConformanceTesting
import ChatStorageCore
import Foundation
import Testing

struct JSONLinesHarness: ConformanceHarness {
    let name = "JSON Lines"

    func makeStore() -> any ConformanceStore { JSONLinesStore() }
}

struct JSONLinesStore: ConformanceStore {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("chats-\(UUID().uuidString)")
    private let backend: JSONLinesBackend

    init() {
        backend = Self.open(folder)
    }

    /// No check cuts the power, and some write 100,000 conversations.
    private static func open(_ folder: URL, roles: RoleSet = .standard) -> JSONLinesBackend {
        JSONLinesBackend(folder: folder, roles: roles, survivesPowerLoss: false)
    }

    /// It does not declare `multiProcess`, so all handles are the one.
    func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: backend, count: count) }

    /// It has one handle, so this is on another store.
    func handle(taking roles: RoleSet) -> any ChatStorageBackend {
        Self.open(folder.appendingPathComponent("other"), roles: roles)
    }

    func reopen() -> any ChatStorageBackend { Self.open(folder) }

    func remove() throws {
        guard FileManager.default.fileExists(atPath: folder.path) else { return }
        try FileManager.default.removeItem(at: folder)
    }
}

@Suite(.serialized) struct JSONLinesConformanceTests {
    @Test(arguments: ConformanceSuite.checks)
    func conforms(_ check: Check) async {
        await expectConformance(check, of: JSONLinesHarness())
    }
}
