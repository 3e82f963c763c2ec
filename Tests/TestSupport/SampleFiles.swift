package import Foundation

/// Answers of real APIs that lie beside the package on some machines; they are not part of it.
package enum SampleFiles {
    package static let folder = TestedPackage.folder.deletingLastPathComponent()
        .appendingPathComponent("shared/data/samples")

    package static var areThere: Bool { FileManager.default.isReadableFile(atPath: folder.path) }

    /// A file's bytes.
    package static func data(_ path: String) throws -> Data {
        try Data(contentsOf: folder.appendingPathComponent(path))
    }

    /// The paths of all files in a folder, in the order of their names; none where the folder is not there.
    package static func paths(in name: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(name).path)
        return (names ?? []).sorted().map { "\(name)/\($0)" }
    }
}
