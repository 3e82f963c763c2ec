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
        /// An array of strings.
        case texts
        /// An array of integers.
        case integers
        /// An object of any members.
        case metadata
        /// An array of a message's parts.
        case parts
        /// An object with these members.
        case object([Parameter])
        /// An array of objects with these members.
        case objects([Parameter])
    }

    /// What an argument stands for if it is left out or null.
    enum Default: Sendable {
        /// A value that a request can also give.
        case value(JSONOutput)
        /// A default that no value of a request expresses, in words.
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
    /// The argument that can be given instead; without it this one is required.
    var substitute: String?

    /// The argument in a list of arguments: `title (null)`.
    var text: String {
        var notes: [String] = []
        if let substitute { notes.append("or \(substitute)") }
        if case .objects(let members) = kind { notes.append("each \(members.list)") }
        if let whenLeftOut { notes.append(whenLeftOut.text) }
        return notes.isEmpty ? name : "\(name) (\(notes.joined(separator: "; ")))"
    }

    /// The argument and those within it.
    fileprivate var all: [Parameter] {
        switch kind {
        case .object(let members), .objects(let members): [self] + members.flatMap(\.all)
        case .text, .integer, .boolean, .time, .texts, .integers, .metadata, .parts: [self]
        }
    }
}

extension [Parameter] {
    /// The arguments with commas between them.
    var list: String { map(\.text).joined(separator: ", ") }

    /// Their types, as sentences.
    var types: String {
        let all = flatMap(\.all)
        func names(_ isOfKind: (Parameter.Kind) -> Bool) -> String {
            var names: [String] = []
            for parameter in all where isOfKind(parameter.kind) && !names.contains(parameter.name) {
                names.append(parameter.name)
            }
            return names.listed
        }
        let texts = names { if case .text = $0 { true } else { false } }
        let times = names { if case .time = $0 { true } else { false } }
        let integers = names { if case .integer = $0 { true } else { false } }
        let booleans = names { if case .boolean = $0 { true } else { false } }
        let textArrays = names { if case .texts = $0 { true } else { false } }
        let integerArrays = names { if case .integers = $0 { true } else { false } }
        let metadata = names { if case .metadata = $0 { true } else { false } }
        let objectArrays = names {
            switch $0 {
            case .objects, .parts: true
            default: false
            }
        }
        return """
            Strings are \(texts); strings with times \(times); integers \(integers); Booleans \(booleans). Arrays of \
            strings are \(textArrays); arrays of integers \(integerArrays); arrays of objects \(objectArrays). Objects \
            of any members are \(metadata); \(all.objects.listed).
            """
    }

    /// What the objects among them consist of.
    private var objects: [String] {
        var objects: [String] = []
        for parameter in self {
            guard case .object(let members) = parameter.kind else { continue }
            let text = "\(parameter.name) has \(members.names.listed)"
            if !objects.contains(text) { objects.append(text) }
        }
        return objects
    }

    private var names: [String] { map(\.name) }
}

extension [String] {
    /// The words as a sentence lists them.
    fileprivate var listed: String {
        count < 2 ? joined() : dropLast().joined(separator: ", ") + " and \(self[count - 1])"
    }
}
