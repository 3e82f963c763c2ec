import Foundation

/// The executables that are built with the tests.
enum Executable {
    /// Where one lies: beside the bundle of the tests.
    static func url(of name: String) -> URL {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let runner = bundle ?? URL(fileURLWithPath: CommandLine.arguments[0])
        return runner.deletingLastPathComponent().appendingPathComponent(name)
    }
}
