import ChatStorageCore
import ChatStorageJSON

/// An argument of an operation: its documentation, and how it is read.
struct OperationArgument<Value: Sendable>: Sendable {
    let parameter: Parameter
    /// Takes the argument, and nothing else.
    let read: @Sendable (inout Arguments) throws -> Value

    fileprivate init(
        _ name: String, _ kind: Parameter.Kind, whenLeftOut: Parameter.Default? = nil,
        read: @escaping @Sendable (inout Arguments) throws -> Value
    ) {
        parameter = Parameter(name: name, kind: kind, whenLeftOut: whenLeftOut)
        self.read = read
    }

    /// The argument as another value.
    func map<Other: Sendable>(_ transform: @escaping @Sendable (Value) throws -> Other) -> OperationArgument<Other> {
        OperationArgument<Other>(parameter.name, parameter.kind, whenLeftOut: parameter.whenLeftOut) {
            try transform(read(&$0))
        }
    }
}

extension OperationArgument where Value == String {
    static func text(_ name: String) -> OperationArgument { OperationArgument(name, .text) { try $0.text(name) } }
}

extension OperationArgument where Value == String? {
    static func text(_ name: String, whenLeftOut: Parameter.Default) -> OperationArgument {
        OperationArgument(name, .text, whenLeftOut: whenLeftOut) { try $0.textIfPresent(name) }
    }

    static var title: OperationArgument { text("title", whenLeftOut: .value(.null)) }
    static var key: OperationArgument { text("key", whenLeftOut: .words("none")) }
}

extension OperationArgument where Value == ConversationID {
    static var conversationID: OperationArgument {
        OperationArgument<String>.text("conversation_id").map(ConversationID.init(_:))
    }
}

extension OperationArgument where Value == Role {
    static var role: OperationArgument { OperationArgument<String>.text("role").map(Role.init(rawValue:)) }
}

extension OperationArgument where Value == Int64 {
    static func integer(_ name: String) -> OperationArgument {
        OperationArgument(name, .integer) { try $0.integer(name) }
    }
}

extension OperationArgument where Value == Int64? {
    static func integer(_ name: String, whenLeftOut: String) -> OperationArgument {
        OperationArgument(name, .integer, whenLeftOut: .words(whenLeftOut)) { try $0.integerIfPresent(name) }
    }
}

extension OperationArgument where Value == Int {
    static func limit(default: Int) -> OperationArgument {
        OperationArgument("limit", .integer, whenLeftOut: .value(.integer(Int64(`default`)))) {
            try $0.limit(default: `default`)
        }
    }
}

extension OperationArgument where Value == Bool? {
    static func boolean(_ name: String, default: Bool) -> OperationArgument {
        OperationArgument(name, .boolean, whenLeftOut: .value(.boolean(`default`))) { try $0.booleanIfPresent(name) }
    }
}

extension OperationArgument where Value == Timestamp {
    static func time(_ name: String) -> OperationArgument { OperationArgument(name, .time) { try $0.time(name) } }
}

extension OperationArgument {
    /// An optional object; `make` makes the value of its members.
    static func object<Object: Sendable, each Member: Sendable>(
        _ name: String, _ member: repeat OperationArgument<each Member>,
        make: @escaping @Sendable (repeat each Member) throws -> Object
    ) -> OperationArgument where Value == Object? {
        OperationArgument(name, .object(parameters(of: repeat each member)), whenLeftOut: .words("none")) {
            try $0.objectIfPresent(name) { try make(repeat (each member).read(&$0)) }
        }
    }

    /// An array of objects; `make` makes each value of its object's members.
    static func objects<Object: Sendable, each Member: Sendable>(
        _ name: String, _ member: repeat OperationArgument<each Member>,
        make: @escaping @Sendable (repeat each Member) throws -> Object
    ) -> OperationArgument where Value == [Object] {
        OperationArgument(name, .objects(parameters(of: repeat each member))) {
            try $0.objects(name) { try make(repeat (each member).read(&$0)) }
        }
    }
}

/// The documentation of several arguments.
func parameters<each Value: Sendable>(of argument: repeat OperationArgument<each Value>) -> [Parameter] {
    var parameters: [Parameter] = []
    for parameter in repeat (each argument).parameter { parameters.append(parameter) }
    return parameters
}
