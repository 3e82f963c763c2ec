import ChatStorageCore
import ChatStorageJSON

// The states of messages, and the path that a page shows.

extension MessageStates {
    init(_ state: MessageState) {
        self =
            switch state {
            case .complete: .complete
            case .streaming: .streaming
            case .stopped: .stopped
            case .failed: .failed
            }
    }

    /// The names, in the order of the states' declaration.
    fileprivate var names: [JSONOutput] {
        MessageState.allCases.filter { contains($0) }.map { .string($0.rawValue) }
    }
}

extension OperationArgument where Value == MessageState? {
    static func state(whenLeftOut: Parameter.Default) -> OperationArgument {
        OperationArgument("state", .text, whenLeftOut: whenLeftOut) { try $0.stateIfPresent("state") }
    }
}

extension OperationArgument where Value == MessageStates? {
    /// States, nil if left out, for an operation where that differs from giving the default.
    static func states(default: MessageStates) -> OperationArgument {
        OperationArgument("states", .texts, whenLeftOut: .value(.array(`default`.names))) {
            try $0.statesIfPresent("states")
        }
    }
}

extension OperationArgument where Value == MessageStates {
    static func states(default: MessageStates) -> OperationArgument {
        OperationArgument<MessageStates?>.states(default: `default`).map { $0 ?? `default` }
    }
}

extension OperationArgument where Value == Int64? {
    static var through: OperationArgument { integer("through", whenLeftOut: "the head") }
}

extension OperationArgument where Value == Bool? {
    static var allBranches: OperationArgument { boolean("all_branches", default: false) }
}

extension Operation {
    /// The path that a page shows.
    static func path(_ through: Int64?, _ all: Bool?) throws -> MessageQuery.Path {
        try refuseSeveral([("through", through != nil), ("all_branches", all == true)])
        return through.map { .through($0) } ?? (all == true ? .all : .current)
    }
}
