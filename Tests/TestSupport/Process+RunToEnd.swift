package import Foundation

extension Process {
    /// Starts the process and waits for its end without holding a thread; then closes the files that it was given.
    ///
    /// Foundation keeps a process that has ended, and with it its files. Where more than 1,300 are open it can read
    /// past the end of the list of them when it starts the next process
    /// (<https://github.com/swiftlang/swift-corelibs-foundation/pull/5472>).
    package func runToEnd() async throws {
        defer {
            for file in [standardInput, standardOutput, standardError] {
                guard let file = file as? FileHandle, file !== FileHandle.nullDevice else { continue }
                // A process that was given none has this process's own.
                if file.fileDescriptor > STDERR_FILENO { try? file.close() }
            }
        }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            terminationHandler = { _ in continuation.resume() }
            do {
                try run()
            } catch {
                terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
    }
}
