import ChatStorageCore

extension StorageObserver {
    /// Opening the file has failed.
    func connectionFailed(with error: any Error) {
        switch error {
        case let failure as SQLiteFailure: connectionFailed(failure.error)
        case let error as ChatStorageError: connectionFailed(error)
        default: break
        }
    }
}
