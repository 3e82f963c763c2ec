import Foundation

/// All that a run has measured, as it is written to a file.
struct Results: Codable {
    var machine: Machine
    var isQuick: Bool
    var roundSeconds: Double
    var rows: [RowResult] = []

    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(self).write(to: URL(fileURLWithPath: path))
    }
}
