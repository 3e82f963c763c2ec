import ChatStorageJSON

/// The documentation of an argument: its name, its type and its default.
struct Parameter: Sendable {
    /// The type of an argument.
    indirect enum Kind: Sendable {
        case text
        case integer
        case boolean
        /// A string with a time.
        case time
        /// An object with these members.
        case object([Parameter])
        /// An array of objects with these members.
        case objects([Parameter])
    }

    /// What an argument that is left out, or null, stands for.
    enum Default: Sendable {
        /// A value that can be given as well.
        case value(JSONText)
        /// What cannot be given as a value, in words.
        case words(String)

        var text: String {
            switch self {
            case .value(let value): String(decoding: value.bytes, as: UTF8.self)
            case .words(let words): words
            }
        }
    }

    let name: String
    let kind: Kind
    /// Nil if the argument must be given.
    let whenLeftOut: Default?

    /// The argument in a list of arguments: `title (null)`.
    var text: String {
        var notes: [String] = []
        if case .objects(let members) = kind { notes.append("each \(members.list)") }
        if let whenLeftOut { notes.append(whenLeftOut.text) }
        return notes.isEmpty ? name : "\(name) (\(notes.joined(separator: "; ")))"
    }

    /// The argument and those within it.
    fileprivate var all: [Parameter] {
        switch kind {
        case .object(let members), .objects(let members): [self] + members.flatMap(\.all)
        case .text, .integer, .boolean, .time: [self]
        }
    }
}

extension [Parameter] {
    /// The arguments with commas between them.
    var list: String { map(\.text).joined(separator: ", ") }

    /// Their types, as sentences.
    var types: String {
        var names: (texts: [String], integers: [String], booleans: [String], times: [String]) = ([], [], [], [])
        var objects: [String] = []
        func add(_ name: String, to names: inout [String]) {
            if !names.contains(name) { names.append(name) }
        }
        for parameter in flatMap(\.all) {
            switch parameter.kind {
            case .text: add(parameter.name, to: &names.texts)
            case .integer: add(parameter.name, to: &names.integers)
            case .boolean: add(parameter.name, to: &names.booleans)
            case .time: add(parameter.name, to: &names.times)
            case .object(let members): add("\(parameter.name) an object of \(members.names.listed)", to: &objects)
            case .objects: add("\(parameter.name) an array of objects", to: &objects)
            }
        }
        return """
            Strings are \(names.texts.listed); strings with times \(names.times.listed); integers \
            \(names.integers.listed). \((["A Boolean is \(names.booleans.listed)"] + objects).listed).
            """
    }

    private var names: [String] { map(\.name) }
}

extension [String] {
    /// The words as a sentence lists them.
    fileprivate var listed: String {
        count < 2 ? joined() : dropLast().joined(separator: ", ") + " and \(self[count - 1])"
    }
}
