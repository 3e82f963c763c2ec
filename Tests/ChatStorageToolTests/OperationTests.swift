import ChatStorageInMemory
import ChatStorageJSON
import Testing

@testable import chatstorage

/// What is documented of the operations is what they take: requests are made from the documentation alone.
@Suite("exec: operations and their documentation")
struct OperationTests {
    private static let operations = Operation.names

    @Test("an operation takes what it needs, and each of the other arguments alone beside that", arguments: operations)
    func documented(name: String) async throws {
        let operation = try #require(Operation.named(name))
        let required = operation.parameters.filter { $0.whenLeftOut == nil }
        for optional in [nil] + operation.parameters.filter({ $0.whenLeftOut != nil }).map(Optional.some) {
            // An argument that another one can replace is left out beside that one.
            let others = required.filter { $0.substitute == nil || $0.substitute != optional?.name }
            let answer = try await answer(to: operation, others.sample + [optional].compactMap(\.self).sample)
            #expect(
                !answer.contains("invalid_request") && !answer.contains("internal_error"),
                "\(optional?.name ?? "none"): \(answer)")
        }
        // The same within objects.
        for (path, _, request) in operation.parameters.variations(.withoutOptional) {
            let answer = try await answer(to: operation, request)
            #expect(!answer.contains("invalid_request") && !answer.contains("internal_error"), "\(path): \(answer)")
        }
    }

    @Test("an argument without a default must be given, also within an object", arguments: operations)
    func required(name: String) async throws {
        let operation = try #require(Operation.named(name))
        for (path, _, request) in operation.parameters.variations(.withoutRequired) {
            #expect(try await refusal(of: operation, request) == "\(path) is missing")
        }
    }

    @Test("an argument must be of its type", arguments: operations)
    func types(name: String) async throws {
        let operation = try #require(Operation.named(name))
        for (path, type, request) in operation.parameters.variations(.ofWrongType) {
            #expect(try await refusal(of: operation, request) == "\(path) is an object, not \(type)")
        }
        for (path, type, request) in operation.parameters.variations(.ofOtherWrongType) {
            #expect(try await refusal(of: operation, request) == "\(path) is a Boolean, not \(type)")
        }
    }

    @Test("a default is what counts when the argument is left out, or null", arguments: operations)
    func defaults(name: String) async throws {
        let operation = try #require(Operation.named(name))
        let required = operation.parameters.filter { $0.whenLeftOut == nil }.sample
        for isFilled in [false, true] {
            func answer(_ more: [(String, JSONOutput)]) async throws -> String {
                let session = isFilled ? try await filledSession() : try await ExecRun()
                return try await session.answer(request(name, required + more))
            }
            let without = try await answer([])
            var nulls: [(String, JSONOutput)] = [("tenant", .null)]
            for parameter in operation.parameters {
                guard let whenLeftOut = parameter.whenLeftOut else { continue }
                nulls.append((parameter.name, .null))
                #expect(try await answer([(parameter.name, .null)]) == without, "\(parameter.name)")
                guard case .value(let value) = whenLeftOut else { continue }
                #expect(try await answer([(parameter.name, value)]) == without, "\(parameter.name)")
            }
            #expect(try await answer([("tenant", .null)]) == without)
            #expect(try await answer(nulls) == without)
        }
    }

    /// The operations that take a limit.
    private static let limited = [
        "list_conversations", "page_conversations", "get_history", "get_messages", "page_messages",
    ]

    @Test("a limit's default is a limit that counts", arguments: limited)
    func limits(name: String) async throws {
        #expect(Operation.all.filter { $0.parameters.contains { $0.name == "limit" } }.map(\.name) == Self.limited)
        let operation = try #require(Operation.named(name))
        guard case .value(.integer(let limit)) = operation.parameters.first(where: { $0.name == "limit" })?.whenLeftOut
        else {
            Issue.record("the default is no number")
            return
        }
        let session = try await filledSession()
        let required = operation.parameters.filter { $0.whenLeftOut == nil }.sample
        let answer = try await session.answer(request(operation.name, required))
        #expect(answer.matches(of: #/"(role|last_id)": /#).count == limit)
    }

    @Test("what is not documented is refused, also within an object", arguments: operations)
    func undocumented(name: String) async throws {
        let operation = try #require(Operation.named(name))
        let others = Set(Operation.all.flatMap(\.parameters).map(\.name) + ["nothing"])
            .subtracting(operation.parameters.map(\.name))
        for other in others {
            let required = operation.parameters.filter { $0.whenLeftOut == nil }.sample
            #expect(
                try await refusal(of: operation, required + [(other, .string("x"))])
                    == "\(other) is not an argument of \(name)")
        }
        for (path, _, request) in operation.parameters.variations(.withAnother) {
            #expect(try await refusal(of: operation, request) == "\(path) is not an argument of \(name)")
        }
    }

    @Test("an operation that writes makes the store ready, and no other", arguments: operations)
    func writes(name: String) async throws {
        let operation = try #require(Operation.named(name))
        let session = try await ExecRun(backend: InMemoryBackend(), isPrepared: false)
        let answer = try await session.answer(
            request(name, operation.parameters.filter { $0.whenLeftOut == nil }.sample))
        let reads = name.hasPrefix("get_") && name != "get_or_create_conversation"
        #expect(
            answer.contains("not_prepared") == (reads || name.hasPrefix("list_") || name.hasPrefix("page_")),
            "\(answer)")
    }

    @Test("the help has every operation with its arguments, in order, and fits 80 columns")
    func help() async throws {
        let lines = Operation.table.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count < 80 })
        let names = lines.compactMap { $0.prefixMatch(of: #/  ([a-z_]+) /#)?.output.1 }
        #expect(names.map(String.init) == Self.operations)
        let help = try await Tool().run("exec", "--help").output
        for line in lines { #expect(help.contains("\n\(line)\n")) }
        #expect(
            Operation.table.contains(
                """
                  restore_conversation        conversation_id, title (null), created_at,
                                              updated_at, last_sequence (the last message's),
                                              read_through (0), cleared_through (0), labels
                                              ([]), metadata ({}), head (the last message),
                                              messages (each id, role, content (or parts),
                                              parts (none), metadata ({}), native (none), key
                                              (none), created_at, predecessor (the one before),
                                              state ("complete"), revision (0, or 1 of another
                                              state), revised_at (none))
                                              > the conversation

                """))
        #expect(
            Operation.types == """
                Strings are conversation_id, title, title_if_none, cursor, role, content, format, json, key and state; \
                strings with times updated_before, created_at, updated_at and revised_at; integers read_through, \
                unread_from, head, show_branch, limit, preview, last_sequence, cleared_through, id, predecessor, \
                revision, after, instead_of, last_id, before, through and from; Booleans remove_title, keeping_place, \
                mark_read, moves_head, streaming, auto_create_conversation and all_branches. Arrays of strings are \
                labels, add_labels, remove_labels, remove_metadata, with, without, states and keys; arrays of integers \
                ids; arrays of objects messages and parts. Objects of any members are metadata and set_metadata; \
                native has format and json, new_conversation has title, labels and metadata, if_unchanged has \
                created_at, last_id, cleared_through and head and answer has created_at, revision, content, parts, \
                native and state.
                """)
    }

    private func request(_ name: String, _ arguments: [(String, JSONOutput)]) -> String {
        String(decoding: JSONOutput.object([("op", .string(name))] + arguments).bytes, as: UTF8.self)
    }

    /// The answer of a store that has the conversation c.
    private func answer(to operation: chatstorage.Operation, _ arguments: [(String, JSONOutput)]) async throws -> String
    {
        let session = try await ExecRun()
        _ = try await session.answer(#"{"op": "create_conversation", "conversation_id": "c"}"#)
        return try await session.answer(request(operation.name, arguments))
    }

    /// The sentence about a request that is none.
    private func refusal(of operation: chatstorage.Operation, _ arguments: [(String, JSONOutput)]) async throws
        -> String
    {
        let answer = try await answer(to: operation, arguments)
        let error = /\{"error": \{"code": "invalid_request", "message": "(.+)", "retryable": false\}\}/
        return String(try #require(answer.wholeMatch(of: error), "\(answer)").output.1)
    }

    /// A session with more conversations, and more messages in c, than any default.
    private func filledSession() async throws -> ExecRun {
        let session = try await ExecRun()
        for number in 1...60 {
            _ = try await session.answer(
                #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "\#(number)"}"#)
            _ = try await session.answer(#"{"op": "create_conversation", "conversation_id": "\#(number)"}"#)
        }
        return session
    }
}

/// A way in which arguments differ from those that are documented.
private enum Variation {
    case withoutOptional, withoutRequired, ofWrongType, ofOtherWrongType, withAnother
}

extension Parameter {
    /// A value that the argument can have.
    fileprivate var sample: JSONOutput {
        switch kind {
        case .text:
            switch name {
            case "role": .string("user")
            case "json": .string("1")
            case "state": .string("complete")
            default: .string("c")
            }
        case .integer: .integer(1)
        case .boolean: .boolean(true)
        case .time: .string("2026-11-22T07:17:51Z")
        case .object(let members): .object(members.sample)
        case .objects(let members): .array([.object(members.sample)])
        case .texts: .array([.string(name == "states" ? "complete" : "c")])
        case .integers: .array([.integer(1)])
        case .metadata: .object([("c", .integer(1))])
        case .parts: .array([.object([("kind", .string("text")), ("text", .string("c"))])])
        }
    }

    fileprivate var type: String {
        switch kind {
        case .text, .time: "a string"
        case .integer: "an integer of 64 bits"
        case .boolean: "a Boolean"
        case .object, .metadata: "an object"
        case .objects, .texts, .integers, .parts: "an array"
        }
    }

    private var isObject: Bool {
        type == "an object"
    }

    /// What the argument is instead, in a variation; nil if the variation is not one of this argument.
    fileprivate func varied(_ variation: Variation) -> [(String, JSONOutput)]? {
        switch variation {
        case .withoutOptional: whenLeftOut == nil ? nil : []
        case .withoutRequired: whenLeftOut == nil ? [] : nil
        case .ofWrongType: isObject ? nil : [(name, .object([]))]
        case .ofOtherWrongType: type == "a Boolean" ? nil : [(name, .boolean(true))]
        case .withAnother: nil
        }
    }
}

extension [Parameter] {
    fileprivate var sample: [(String, JSONOutput)] { map { ($0.name, $0.sample) } }

    /// The arguments with one of them varied, at each place where that can be, also within others.
    ///
    /// Those that can be left out are there only where they are varied, since some exclude others.
    fileprivate func variations(
        _ variation: Variation, path: String = ""
    ) -> [(path: String, type: String, arguments: [(String, JSONOutput)])] {
        var variations: [(String, String, [(String, JSONOutput)])] = []
        if variation == .withAnother, !path.isEmpty {
            variations.append(("\(path)nothing", "", sample + [("nothing", .null)]))
        }
        for parameter in self {
            let others = filter { other in
                other.name != parameter.name && (!path.isEmpty || other.whenLeftOut == nil)
                    && (variation != .withoutRequired || other.name != parameter.substitute)
            }.sample
            if let varied = parameter.varied(variation) {
                variations.append(("\(path)\(parameter.name)", parameter.type, others + varied))
            }
            switch parameter.kind {
            case .object(let members):
                for inner in members.variations(variation, path: "\(path)\(parameter.name).") {
                    variations.append((inner.path, inner.type, others + [(parameter.name, .object(inner.arguments))]))
                }
            case .objects(let members):
                for inner in members.variations(variation, path: "\(path)\(parameter.name)[0].") {
                    variations.append(
                        (inner.path, inner.type, others + [(parameter.name, .array([.object(inner.arguments)]))]))
                }
            case .text, .integer, .boolean, .time, .texts, .integers, .metadata, .parts: break
            }
        }
        return variations
    }
}
