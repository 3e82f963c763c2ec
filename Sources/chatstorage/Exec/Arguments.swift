import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// The members of a JSON object, taken one by one with the type that each must have; in the end none may be left.
struct Arguments {
    /// What the members belong to, to be put after their names: `of save_message`.
    private let owner: String
    private let path: String
    private var members: [String: JSONSlice] = [:]

    /// Reads an object.
    ///
    /// - Parameters:
    ///   - value: The object.
    ///   - owner: The operation, for error messages.
    ///   - path: Where the object stands among the operation's arguments: `messages[0].`, or nothing.
    init(_ value: JSONSlice, owner: String, path: String = "") throws {
        self.owner = owner
        self.path = path
        guard let pairs = value.members else {
            let subject = path.isEmpty ? "the request" : String(path.dropLast())
            throw InvalidRequest("\(subject) is \(value.kind.rawValue), not an object")
        }
        for (key, value) in pairs {
            guard members.updateValue(value, forKey: key) == nil else {
                throw InvalidRequest("\(name(key)) is given twice")
            }
            // No operation has this many arguments, so the rest need not be collected.
            guard members.count <= 32 else { throw InvalidRequest("the request has too many arguments") }
        }
    }

    /// The arguments of the operation that the members name.
    init(_ arguments: Arguments, owner: String) {
        self.owner = owner
        path = arguments.path
        members = arguments.members
    }

    /// Whether an argument that can be left out is there; null is the same as leaving it out.
    mutating func has(_ key: String) -> Bool {
        if members[key]?.kind == .null { members[key] = nil }
        return members[key] != nil
    }

    /// Refuses arguments that were not taken.
    func checkNothingIsLeft() throws {
        guard let key = members.keys.min() else { return }
        throw InvalidRequest("\(name(key)) is not an argument of \(owner)")
    }

    mutating func text(_ key: String) throws -> String {
        try take(key, "a string", \.string)
    }

    mutating func textIfPresent(_ key: String) throws -> String? {
        has(key) ? try text(key) : nil
    }

    mutating func booleanIfPresent(_ key: String) throws -> Bool? {
        has(key) ? try take(key, "a Boolean", \.boolean) : nil
    }

    mutating func integer(_ key: String) throws -> Int64 {
        try take(key, "an integer of 64 bits", isNumber: true, \.integer)
    }

    mutating func integerIfPresent(_ key: String) throws -> Int64? {
        has(key) ? try integer(key) : nil
    }

    mutating func limitIfPresent() throws -> Int? {
        guard let limit = try integerIfPresent("limit") else { return nil }
        guard let limit = Int(exactly: limit) else { throw InvalidRequest("\(name("limit")) is too large here") }
        return limit
    }

    mutating func time(_ key: String) throws -> Timestamp {
        let text = try text(key)
        guard let time = Timestamp(text) else { throw InvalidRequest("\(name(key)) \(Timestamp.problem(with: text))") }
        return time
    }

    mutating func stateIfPresent(_ key: String) throws -> MessageState? {
        try textIfPresent(key).map { try Self.state($0, name(key)) }
    }

    mutating func statesIfPresent(_ key: String) throws -> MessageStates? {
        guard let texts = try textsIfPresent(key) else { return nil }
        return try texts.enumerated().reduce(into: []) { states, text in
            states.formUnion(MessageStates(try Self.state(text.element, "\(path)\(key)[\(text.offset)]")))
        }
    }

    private static func state(_ text: String, _ name: String) throws -> MessageState {
        guard let state = MessageState(rawValue: text) else {
            let names = MessageState.allCases.map(\.rawValue).joined(separator: ", ")
            throw InvalidRequest("\(name) is no state of a message; it is one of \(names)")
        }
        return state
    }

    mutating func textsIfPresent(_ key: String) throws -> [String]? {
        guard has(key) else { return nil }
        return try take(key, "an array", \.elements).enumerated().map { index, element in
            try Self.value(element, "\(path)\(key)[\(index)]", "a string", \.string)
        }
    }

    mutating func integersIfPresent(_ key: String) throws -> [Int64]? {
        has(key) ? try integers(key) : nil
    }

    mutating func integers(_ key: String) throws -> [Int64] {
        try take(key, "an array", \.elements).enumerated().map { index, element in
            try Self.value(element, "\(path)\(key)[\(index)]", "an integer of 64 bits", isNumber: true, \.integer)
        }
    }

    /// An object of any members.
    ///
    /// - Throws: ``InvalidRequest`` if it is no object; the library's error, for what metadata cannot have.
    mutating func metadataIfPresent(_ key: String) throws -> Metadata? {
        guard has(key) else { return nil }
        let object = try take(key, "an object") { $0.kind == .object ? $0 : nil }
        return try naming("\(path)\(key)") { Metadata(try JSONObject(object)) }
    }

    /// An array of a message's parts.
    ///
    /// - Throws: ``InvalidRequest`` if it is no array; the library's error, for what is no part.
    mutating func partsIfPresent(_ key: String) throws -> [MessagePart]? {
        guard has(key) else { return nil }
        return try take(key, "an array", \.elements).enumerated().map { index, element in
            try naming("\(path)\(key)[\(index)]") { try MessagePart(json: element) }
        }
    }

    /// Puts the argument's name before what the library says of its value.
    private func naming<Value>(_ name: String, _ read: () throws -> Value) throws -> Value {
        do {
            return try read()
        } catch let error as ChatStorageError {
            throw ChatStorageError(error.code, "\(name): \(error.message)")
        }
    }

    /// An object; the function takes every member that it may have.
    mutating func objectIfPresent<Value>(
        _ key: String, _ read: (inout Arguments) throws -> Value
    ) throws -> Value? {
        guard has(key), let value = members.removeValue(forKey: key) else { return nil }
        var arguments = try Arguments(value, owner: owner, path: "\(path)\(key).")
        let result = try read(&arguments)
        try arguments.checkNothingIsLeft()
        return result
    }

    /// The objects of an array; the function takes every member that each may have.
    mutating func objects<Element>(
        _ key: String, _ read: (inout Arguments) throws -> Element
    ) throws -> [Element] {
        try take(key, "an array", \.elements).enumerated().map { index, element in
            var arguments = try Arguments(element, owner: owner, path: "\(path)\(key)[\(index)].")
            let result = try read(&arguments)
            try arguments.checkNothingIsLeft()
            return result
        }
    }

    private mutating func take<Value>(
        _ key: String, _ type: String, isNumber: Bool = false, _ read: (JSONSlice) -> Value?
    ) throws -> Value {
        guard let value = members.removeValue(forKey: key) else { throw InvalidRequest("\(name(key)) is missing") }
        return try Self.value(value, name(key), type, isNumber: isNumber, read)
    }

    private static func value<Value>(
        _ value: JSONSlice, _ name: String, _ type: String, isNumber: Bool = false, _ read: (JSONSlice) -> Value?
    ) throws -> Value {
        guard let result = read(value) else {
            let found = isNumber && value.kind == .number ? "another number" : value.kind.rawValue
            throw InvalidRequest("\(name) is \(found), not \(type)")
        }
        return result
    }

    /// An argument's name for a sentence, cut because a client can make up a long one.
    private func name(_ key: String) -> String {
        path + key.prefix(scalars: 40)
    }
}
