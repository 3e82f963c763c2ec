package import Foundation

/// The package whose tests these are.
package enum TestedPackage {
    /// Where a file or folder of the package is.
    package static func url(of path: String) -> URL { folder.appendingPathComponent(path) }

    /// Where an executable that is built with the tests is: beside their bundle.
    package static func executable(_ name: String) -> URL {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let runner = bundle ?? URL(fileURLWithPath: CommandLine.arguments[0])
        return runner.deletingLastPathComponent().appendingPathComponent(name)
    }

    package static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
