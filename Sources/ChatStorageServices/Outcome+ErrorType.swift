import ChatStorageCore

extension ObservedCall.Outcome {
    /// OpenTelemetry's `error.type`: the code in snake case, `cancelled`, or nil for a call that succeeded.
    var errorType: String? {
        switch self {
        case .succeeded: nil
        case .failed(let error): error.code.snakeCaseName
        case .cancelled: "cancelled"
        }
    }

    /// Whether the call succeeded.
    var isSuccess: Bool {
        if case .succeeded = self { true } else { false }
    }
}
