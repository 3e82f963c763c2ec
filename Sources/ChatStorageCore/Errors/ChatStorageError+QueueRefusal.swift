package import ChatStorageSupport

extension ChatStorageError {
    /// The error of a call that a queue has refused.
    package init(_ refusal: QueueRefusal) {
        switch refusal {
        case .closed: self = .closed
        case .full(let limit, let purpose):
            self.init(.unavailable, "\(limit) calls are already waiting for \(purpose); try again later")
        }
    }
}
