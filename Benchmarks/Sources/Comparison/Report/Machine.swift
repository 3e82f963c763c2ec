import Foundation

/// What the figures were measured on, and when.
struct Machine: Codable {
    let processor: String
    let cores: Int
    let memoryGiB: Int
    let system: String
    let sqlite: String
    let postgres: String?
    let date: String

    init(postgres: String?) {
        let information = ProcessInfo.processInfo
        processor = Self.value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? "unknown"
        cores = information.activeProcessorCount
        memoryGiB = Int((Double(information.physicalMemory) / Double(1 << 30)).rounded())
        system =
            Self.value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=")
            ?? information.operatingSystemVersionString
        sqlite = SQLiteLimit.version
        self.postgres = postgres
        date = Date().formatted(.iso8601.year().month().day())
    }

    var text: String {
        let engines = "SQLite \(sqlite)" + (postgres.map { ", PostgreSQL \($0)" } ?? "")
        return "\(processor), \(cores) cores, \(memoryGiB) GiB, \(system), \(engines), \(date)"
    }

    /// The value of a name in a file of lines such as `name: value`.
    private static func value(of name: String, in path: String, separator: Character) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let value = line.split(separator: separator, maxSplits: 1).last ?? ""
            return value.trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
        }
        return nil
    }
}
