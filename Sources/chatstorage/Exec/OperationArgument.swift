import ChatStorageCore
import ChatStorageJSON

/// An argument of an operation: its documentation, and how it is read.
struct OperationArgument<Value: Sendable>: Sendable {
    let parameter: Parameter
    /// Takes the argument, and nothing else.
    let read: @Sendable (inout Arguments) throws -> Value

    init(
        _ name: String, _ kind: Parameter.Kind, whenLeftOut: Parameter.Default? = nil, substitute: String? = nil,
        read: @escaping @Sendable (inout Arguments) throws -> Value
    ) {
        parameter = Parameter(name: name, kind: kind, whenLeftOut: whenLeftOut, substitute: substitute)
        self.read = read
    }

    /// The argument as another value.
    func map<Other: Sendable>(_ transform: @escaping @Sendable (Value) throws -> Other) -> OperationArgument<Other> {
        OperationArgument<Other>(
            parameter.name, parameter.kind, whenLeftOut: parameter.whenLeftOut, substitute: parameter.substitute
        ) {
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

    /// A text that is required unless `substitute` is given; it must be read before that one.
    static func text(_ name: String, or substitute: String) -> OperationArgument {
        OperationArgument(name, .text, substitute: substitute) {
            $0.has(substitute) ? try $0.textIfPresent(name) : try $0.text(name)
        }
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
        OperationArgument<Int?>.limit(default: `default`).map { $0 ?? `default` }
    }
}

extension OperationArgument where Value == Int? {
    /// A limit, nil if left out, for an operation where that differs from giving the default.
    static func limit(default: Int) -> OperationArgument {
        OperationArgument("limit", .integer, whenLeftOut: .value(.integer(Int64(`default`)))) {
            try $0.limitIfPresent()
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

extension OperationArgument where Value == Timestamp? {
    static func time(_ name: String, whenLeftOut: String) -> OperationArgument {
        OperationArgument(name, .time, whenLeftOut: .words(whenLeftOut)) { $0.has(name) ? try $0.time(name) : nil }
    }
}

extension OperationArgument where Value == [String]? {
    static func texts(_ name: String, whenLeftOut: Parameter.Default) -> OperationArgument {
        OperationArgument(name, .texts, whenLeftOut: whenLeftOut) { try $0.textsIfPresent(name) }
    }
}

extension OperationArgument where Value == [Int64]? {
    static func integers(_ name: String, whenLeftOut: Parameter.Default) -> OperationArgument {
        OperationArgument(name, .integers, whenLeftOut: whenLeftOut) { try $0.integersIfPresent(name) }
    }

    /// Integers that are required unless `substitute` is given; they must be read before that one.
    static func integers(_ name: String, or substitute: String) -> OperationArgument {
        OperationArgument(name, .integers, substitute: substitute) {
            $0.has(substitute) ? try $0.integersIfPresent(name) : try $0.integers(name)
        }
    }
}

extension OperationArgument where Value == Set<Label> {
    static func labels(_ name: String = "labels") -> OperationArgument {
        OperationArgument<[String]?>.texts(name, whenLeftOut: .value(.array([]))).map {
            Set(($0 ?? []).map(Label.init(_:)))
        }
    }
}

extension OperationArgument where Value == Metadata? {
    static func metadata(_ name: String, whenLeftOut: Parameter.Default) -> OperationArgument {
        OperationArgument(name, .metadata, whenLeftOut: whenLeftOut) { try $0.metadataIfPresent(name) }
    }
}

extension OperationArgument where Value == Metadata {
    static func metadata(_ name: String = "metadata") -> OperationArgument {
        OperationArgument<Metadata?>.metadata(name, whenLeftOut: .value(.object([]))).map { $0 ?? [:] }
    }
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
