import ChatStorageCore
import Testing

/// The arguments' bounds, and which error comes first.
@Suite struct ValidationTests {
    private func code(_ body: () throws -> Void) -> ChatStorageError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? ChatStorageError)?.code
        }
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch {
            return (error as? ChatStorageError)?.message ?? ""
        }
    }

    @Test(arguments: ["x", "\u{e9}", "\u{1f600}", "\u{301}"])
    func textsAreCountedInScalars(_ scalar: String) {
        func text(_ count: Int) -> String { String(repeating: scalar, count: count) }
        #expect(code { try Validation.check(ConversationID(text(1))) } == nil)
        #expect(code { try Validation.check(ConversationID(text(100))) } == nil)
        #expect(code { try Validation.check(ConversationID(text(101))) } == .invalidArgument)
        #expect(code { try Validation.check(NewConversation("x", title: text(200))) } == nil)
        #expect(code { try Validation.check(NewConversation("x", title: text(201))) } == .invalidArgument)
        #expect(code { try Validation.check(tenant: text(100)) } == nil)
        #expect(code { try Validation.check(tenant: text(101)) } == .invalidArgument)
    }

    @Test func emptyTexts() {
        #expect(code { try Validation.check("") } == .invalidArgument)
        #expect(code { try Validation.check(NewConversation("x", title: "")) } == nil)
        #expect(code { try Validation.check(NewConversation("x", title: nil)) } == nil)
        #expect(code { try Validation.check(.title(""), of: "x") } == nil)
        #expect(code { try Validation.check(.title(nil), of: "") } == .invalidArgument)
        #expect(code { try Validation.check(ConversationChange(), of: "x") } == nil)
        #expect(code { try Validation.check(tenant: "") } == .invalidArgument)
    }

    @Test(arguments: ["\0", "a\0", "\0a", "a\0b"])
    func nulIsRefused(_ text: String) {
        #expect(code { try Validation.check(ConversationID(text)) } == .invalidArgument)
        #expect(code { try Validation.check(NewConversation("x", title: text)) } == .invalidArgument)
        #expect(code { try Validation.check(.title(text), of: "x") } == .invalidArgument)
        #expect(code { try Validation.check(tenant: text) } == .invalidArgument)
        #expect(
            code { try Validation.check(NewMessages([.user(text)], to: "x"), roles: .standard) } == .invalidArgument
        )
    }

    @Test func limits() {
        #expect(code { try Validation.check(MessageQuery(of: "x", limit: 0)) } == nil)
        #expect(code { try Validation.check(MessageQuery(of: "x", limit: .max)) } == nil)
        #expect(code { try Validation.check(MessageQuery(of: "x", limit: -1)) } == .invalidArgument)
        #expect(code { try Validation.check(MessageQuery(of: "x", limit: .min)) } == .invalidArgument)
        #expect(code { try Validation.check(ConversationQuery(limit: 0), tenant: "") } == nil)
        #expect(code { try Validation.check(ConversationQuery(limit: -1), tenant: "") } == .invalidArgument)
        let damaged = ConversationCursor("x")
        #expect(code { try Validation.check(ConversationQuery(after: damaged), tenant: "") } == .invalidCursor)
        let both = ConversationQuery(after: damaged, limit: -1)
        #expect(code { try Validation.check(both, tenant: "") } == .invalidArgument)
    }

    @Test func contentsAreCountedInBytes() {
        let most = String(repeating: "x", count: 16 << 20)
        let wide = String(repeating: "\u{1f600}", count: 4 << 20)
        for text in [most, wide] {
            #expect(code { try Validation.check(NewMessages([.user(text)], to: "x"), roles: .standard) } == nil)
            #expect(
                code { try Validation.check(NewMessages([.user(text + "x")], to: "x"), roles: .standard) }
                    == .invalidArgument)
        }
        let four = Array(repeating: ChatMessage.user(most), count: 4)
        #expect(code { try Validation.check(NewMessages(four, to: "x"), roles: .standard) } == nil)
        #expect(
            code { try Validation.check(NewMessages(four + [.user("x")], to: "x"), roles: .standard) }
                == .invalidArgument)
    }

    @Test func messagesOfAnAppend() {
        let most = Array(repeating: ChatMessage.user(""), count: 10_000)
        #expect(code { try Validation.check(NewMessages(most, to: "x"), roles: .standard) } == nil)
        #expect(
            code { try Validation.check(NewMessages(most + [.user("")], to: "x"), roles: .standard) }
                == .invalidArgument)
        #expect(code { try Validation.check(NewMessages([], to: ""), roles: .standard) } == .invalidArgument)
    }

    @Test func keys() {
        func check(_ messages: ChatMessage...) -> String {
            message { try Validation.check(NewMessages(messages, to: "x"), roles: .standard) }
        }
        let longest = String(repeating: "\u{1f600}", count: 200)
        #expect(check(.user("", key: longest), .user("", key: "k")).isEmpty)
        for messages in [[.user("", key: "k"), .user("")], [.user(""), .user("", key: "k")]] as [[ChatMessage]] {
            let place = messages[0].key == nil ? 0 : 1
            #expect(
                message { try Validation.check(NewMessages(messages, to: "x"), roles: .standard) }
                    == "messages[\(place)] has no key, and others have one; all messages of an append have keys, or none"
            )
        }
        #expect(
            check(.user("", key: "k"), .user("", key: longest + "x"))
                == "messages[1].key has 201 Unicode scalars; it takes 1 to 200")
        #expect(check(.user("", key: "")) == "messages[0].key has 0 Unicode scalars; it takes 1 to 200")
        #expect(check(.user("", key: "a\0")).hasPrefix("messages[0].key has U+0000"))
        #expect(check(.user("\0", key: "")).hasPrefix("messages[0].content"))
        #expect(check(.user("", key: ""), .user("\0")).hasPrefix("messages[0].key"))
        #expect(
            check(.user("a", key: "k"), .user("b", key: "k"))
                == "messages[1].key is that of messages[0]; each takes a key of its own")
        #expect(check(.user("a", key: "\u{e9}"), .user("b", key: "e\u{301}")).isEmpty)
        let bad = ChatMessage(role: Role(rawValue: "x"), content: "", key: "")
        #expect(code { try Validation.check(NewMessages([bad], to: "x"), roles: .standard) } == .invalidArgument)
    }

    @Test func errorsNameFieldLimitAndLength() {
        let id = message { try Validation.check(ConversationID(String(repeating: "q", count: 123))) }
        #expect(id == "conversation id has 123 Unicode scalars; it takes 1 to 100")
        let title = message { try Validation.check(NewConversation("x", title: String(repeating: "q", count: 234))) }
        #expect(title == "title has 234 Unicode scalars; it takes 0 to 200")
        let content = message {
            let messages = [ChatMessage.user(""), .user(String(repeating: "q", count: 16_777_217))]
            return try Validation.check(NewMessages(messages, to: "x"), roles: .standard)
        }
        #expect(content == "messages[1].content has 16777217 bytes; it takes at most 16777216")
    }

    @Test func theFirstParameterComesFirstAndRolesLast() {
        let long = String(repeating: "x", count: 201)
        #expect(message { try Validation.check(NewConversation("", title: long)) }.hasPrefix("conversation id"))
        let bad = ChatMessage(role: Role(rawValue: "x"), content: "")
        let appended = [bad, .user("\0")]
        #expect(code { try Validation.check(NewMessages(appended, to: "x"), roles: .standard) } == .invalidArgument)
        #expect(
            message { try Validation.check(NewMessages(appended, to: ""), roles: .standard) }.hasPrefix(
                "conversation"))
        #expect(code { try Validation.check(NewMessages([bad], to: "x"), roles: .standard) } == .invalidRole)
        #expect(code { try Validation.check(NewMessages([bad], to: "x"), roles: RoleSet([bad.role])) } == nil)
        #expect(
            code { try Validation.check(NewMessages([.user("")], to: "x"), roles: RoleSet([bad.role])) } == .invalidRole
        )
    }

    @Test(arguments: ["User", "USER", "user ", "use\u{301}r", "", "user\0"])
    func rolesAreExact(_ name: String) {
        let message = ChatMessage(role: Role(rawValue: name), content: "")
        #expect(code { try Validation.check(NewMessages([message], to: "x"), roles: .standard) } == .invalidRole)
    }

    @Test func snapshots() {
        let time = Timestamp(microsecondsSinceEpoch: 0)
        func check(_ change: (inout ConversationSnapshot) -> Void) -> ChatStorageError.Code? {
            var snapshot = ConversationSnapshot(
                id: "x", createdAt: time, updatedAt: time,
                messages: [
                    .init(sequence: 1, role: .user, content: "", createdAt: time),
                    .init(sequence: 2, role: .assistant, content: "", createdAt: time),
                ])
            change(&snapshot)
            return code { try Validation.check(snapshot, roles: .standard) }
        }
        #expect(check { _ in } == nil)
        #expect(check { $0.lastSequence = (1 << 53) - 1 } == nil)
        #expect(check { $0.lastSequence = 1 << 53 } == .invalidArgument)
        #expect(check { $0.lastSequence = 1 } == .invalidArgument)
        #expect(check { $0.messages[0].sequence = 0 } == .invalidArgument)
        #expect(check { $0.messages[1].sequence = 1 } == .invalidArgument)
        #expect(check { $0.messages[1].sequence = .max } == .invalidArgument)
        #expect(check { $0.messages[1].createdAt = .latest } == .invalidArgument)
        #expect(
            check {
                $0.messages[1].createdAt = .latest
                $0.updatedAt = .latest
            } == nil)
        #expect(check { $0.createdAt = .earliest } == nil)
        #expect(check { $0.createdAt = Timestamp(microsecondsSinceEpoch: 1) } == .invalidArgument)
        #expect(
            check { $0.updatedAt = Timestamp(microsecondsSinceEpoch: Timestamp.latest.microsecondsSinceEpoch + 1) }
                == .invalidArgument)
        #expect(check { $0.messages[0].key = "" } == .invalidArgument)
        #expect(
            check {
                $0.messages[0].key = "k"
                $0.messages[1].key = "k"
            } == .invalidArgument)
        #expect(check { $0.messages[0].role = Role(rawValue: "tool") } == .invalidRole)
        #expect(
            check {
                $0.messages[0].role = Role(rawValue: "tool")
                $0.updatedAt = .earliest
            } == .invalidArgument)
    }
}
