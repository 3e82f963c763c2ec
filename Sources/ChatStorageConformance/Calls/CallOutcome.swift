package import ChatStorageCore

/// How a call ended, as far as that is the same on every backend.
package enum CallOutcome: Sendable, Hashable {
    /// It returned.
    case returned(StorageReply)
    /// It threw an error of this code; messages are not compared.
    case threw(ChatStorageError.Code)
    /// It threw an error that no backend may throw, with this description.
    case threwOther(String)

    /// Makes a call and takes its outcome.
    package init(of call: StorageCall, on storage: any ChatStorage) async {
        do {
            self = .returned(try await call.perform(on: storage))
        } catch let error as ChatStorageError {
            self = .threw(error.code)
        } catch {
            self = .threwOther("\(error)")
        }
    }
}

extension CallOutcome: CustomStringConvertible {
    package var description: String {
        switch self {
        case .returned(let reply): "returned \(summary(of: reply))"
        case .threw(let code): "threw \(code)"
        case .threwOther(let error): "threw \(error)"
        }
    }
}
