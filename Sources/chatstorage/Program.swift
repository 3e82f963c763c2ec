import Dispatch

/// Where the process begins.
@main
enum Program {
    /// Runs the tool.
    ///
    /// It is not asynchronous: for an asynchronous `main` Swift's runtime opens descriptors of its own first, which get
    /// the numbers of standard streams that are closed.
    static func main() {
        StandardStreams.holdNumbersOfClosed()
        let end = DispatchSemaphore(value: 0)
        Task.detached {
            await ChatStorageTool.main()
            end.signal()
        }
        // The main thread is none of those that run tasks.
        end.wait()
    }
}
