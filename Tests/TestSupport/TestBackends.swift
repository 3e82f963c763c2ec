import Foundation

/// The backends that a run of the tests is about: all of them, or those that `CHATSTORAGE_TEST_BACKENDS` names.
package enum TestBackends: String, Sendable, CaseIterable {
    case memory, sqlite, postgres

    /// The variable's value names something that is no backend.
    package struct UnknownName: Error, CustomStringConvertible {
        package let name: String

        package var description: String {
            let known = TestBackends.allCases.map(\.rawValue).joined(separator: ", ")
            return "CHATSTORAGE_TEST_BACKENDS names \"\(name)\"; it takes a comma-separated list of \(known)"
        }
    }

    /// The backends to test, in a fixed order.
    ///
    /// - Throws: ``UnknownName``, so that a misspelt list fails the tests instead of narrowing them.
    package static func selected() throws -> [TestBackends] {
        try selection.get()
    }

    /// Whether this backend is to be tested.
    package func isSelected() throws -> Bool {
        try Self.selected().contains(self)
    }

    /// Reads a list of names; nil, and a list without names, are all.
    static func parse(_ list: String?) throws -> [TestBackends] {
        let names = (list ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let chosen = try names.filter { !$0.isEmpty }.map { name in
            guard let backend = TestBackends(rawValue: name) else { throw UnknownName(name: name) }
            return backend
        }
        return chosen.isEmpty ? allCases : allCases.filter(chosen.contains)
    }

    private static let selection: Result<[TestBackends], any Error> = Result {
        let chosen = try parse(ProcessInfo.processInfo.environment["CHATSTORAGE_TEST_BACKENDS"])
        if chosen.count < allCases.count {
            let names = chosen.map(\.rawValue).joined(separator: ", ")
            print("CHATSTORAGE_TEST_BACKENDS narrows this run to: \(names)")
        }
        return chosen
    }
}
