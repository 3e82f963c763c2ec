#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A folder for reports, two files for each backend.
package struct ReportsFolder {
    private let path: String

    /// Makes the folder if it does not exist.
    package init(_ path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Writes a report as JSON and as JUnit XML, and replaces an earlier one of its backend.
    package func write(_ report: ConformanceReport) throws {
        let name = "\(path)/\(Self.fileName(of: report.backend))"
        try report.json().write(toFile: "\(name).json", atomically: true, encoding: .utf8)
        try report.junitXML().write(toFile: "\(name).xml", atomically: true, encoding: .utf8)
    }

    /// The backend's name, with a hyphen for each character that could have a meaning in a path.
    private static func fileName(of backend: String) -> String {
        String(
            String.UnicodeScalarView(
                backend.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "A"..."Z", "0"..."9", "_": scalar
                    default: "-"
                    }
                }))
    }
}
