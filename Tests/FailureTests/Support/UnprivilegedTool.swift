import Foundation
import TestSupport

/// The built `chatstorage` executable, run so that the files' permissions bind it.
struct UnprivilegedTool {
    private let command: [String]
    private let folder: TemporaryFolder

    /// Finds a way to run it; nil, with the reason printed, if there is none.
    init?() async throws {
        let executable = TestedPackage.executable("chatstorage").path
        folder = try TemporaryFolder()
        // Permissions bind the superuser only without these two capabilities.
        let bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", executable]
        command = geteuid() == 0 ? bound : [executable]
        let trial = try await run("--version")
        guard trial.status == 0 else {
            print("Skipped the tests of folders that cannot be written: \(trial.output)")
            return nil
        }
    }

    /// Runs the tool to its end.
    func run(_ arguments: String...) async throws -> Executable.Result {
        try await Executable.run(["/usr/bin/env"] + command + arguments, in: folder)
    }
}
