import ChatStorageCore

extension Check {
    /// Messages' sequences.
    static let sequences: [Check] = [
        Check(
            "order.sequence.consecutive", .o1,
            why: "Apps resume from the last sequence that they saw; a gap would look like an unread message."
        ) { context in
            let chats = try await context.open()
            var expected: Int64 = 0
            for (index, count) in [1, 3, 1, 1, 10, 2].enumerated() {
                // Backends may use different statements for the two conditions.
                let returned = try await chats.append(
                    (0..<count).map { .user("\($0)") }, to: "one", if: index % 2 == 0 ? .createIfMissing : .exists)
                context.expect(
                    returned.map(\.sequence), equals: Array((expected + 1)...(expected + Int64(count))),
                    "an append gives the next sequences, in the order of its messages")
                expected += Int64(count)
                context.expect(
                    try await chats.conversation("one")?.lastSequence, equals: expected,
                    "the conversation knows its last sequence")
            }
            context.expect(
                try await chats.messages(of: "one", limit: 100).map(\.sequence), equals: Array(1...expected),
                "the sequences are read back")
        },
        Check(
            "order.sequence.own-for-each-conversation", .o1,
            why: "A sequence counted over all conversations would show a person how much others write."
        ) { context in
            let chats = try await context.open()
            for round in 1...3 as ClosedRange<Int64> {
                for id in ["a", "b", "c"] as [ConversationID] {
                    context.expect(
                        try await chats.append(.user("text"), to: id).sequence, equals: round,
                        "conversation \(id) counts its own messages")
                }
            }
        },
        Check(
            "order.sequence.not-reused-after-clear", .o1, .c4,
            why: "A message id that an app remembers must not come to mean another message."
        ) { context in
            let handles = try await context.open(handles: 2)
            let chats = handles[0]
            try await chats.append([.user("1"), .assistant("2"), .user("3")], to: "one")
            try await chats.clearMessages(of: "one")
            context.expect(
                try await chats.append(.user("4"), to: "one", if: .exists).sequence, equals: 4,
                "counting goes on after a clear")
            try await chats.clearMessages(of: "one")
            try await chats.clearMessages(of: "one")
            context.expect(
                try await handles[1].append([.user("5"), .user("6")], to: "one").map(\.sequence), equals: [5, 6],
                "counting goes on for another handle too")
            context.expect(
                try await chats.messages(of: "one").map(\.sequence), equals: [5, 6], "only the new ones are there")
        },
        Check(
            "order.sequence.failed-append-takes-none", .o1, .a1,
            why: "A sequence lost to a failed call would be a gap for ever."
        ) { context in
            let chats = try await context.open()
            try await chats.append(.user("1"), to: "one")
            await context.expectError(.invalidRole, "a bad role is refused") {
                try await chats.append([.user("x"), ChatMessage(role: Role(rawValue: "x"), content: "")], to: "one")
            }
            await context.expectError(.invalidArgument, "U+0000 is refused") {
                try await chats.append([.user("x"), .user("\0")], to: "one")
            }
            await context.expectError(.conversationExists, "an existing conversation is not restored over") {
                try await chats.restoreConversation(.sample("one", messages: 9))
            }
            context.expect(
                try await chats.append(.user("2"), to: "one").sequence, equals: 2, "failed calls use no sequence")
        },
        Check(
            "order.sequence.concurrent-writers", .a6, .o1,
            why: "Two people, or an app and its model, write at once: nothing may be lost or numbered twice."
        ) { context in
            let handles = try await context.open(handles: 8)
            let appends = 20
            let returned = try await context.concurrently(handles.count) { writer in
                var messages: [Message] = []
                for index in 0..<appends {
                    // Once the conversation exists, half of the appends require that.
                    let condition: AppendCondition = index % 2 == 0 ? .createIfMissing : .exists
                    messages.append(
                        try await handles[writer].append(.user("\(writer)/\(index)"), to: "one", if: condition))
                }
                return messages
            }
            for messages in returned {
                context.expect(
                    messages.map(\.sequence), equals: messages.map(\.sequence).sorted(),
                    "one caller's appends keep their order")
            }
            let all = returned.flatMap(\.self).sorted { $0.sequence < $1.sequence }
            let read = try await handles[0].messages(of: "one", limit: 1_000)
            context.expect(
                all.map(\.sequence), equals: Array(1...Int64(handles.count * appends)),
                "the sequences returned are 1 to the number of appends")
            context.expect(read, equals: all, "what is read is what the appends returned")
            context.expect(
                try await handles[1].conversation("one")?.lastSequence, equals: Int64(handles.count * appends),
                "the conversation's last sequence is the number of appends")
        },
        Check(
            "order.sequence.concurrent-batches", .a1, .a6, .o1,
            why: "A question and its answer that are appended together stay together, whoever writes meanwhile."
        ) { context in
            let handles = try await context.open(handles: 6)
            var random = context.random()
            let sizes = (0..<handles.count).map { _ in (0..<8).map { _ in Int64.random(in: 1...6, using: &random) } }
            let returned = try await context.concurrently(handles.count) { writer in
                var batches: [[Message]] = []
                for (batch, size) in sizes[writer].enumerated() {
                    let messages = (0..<size).map { ChatMessage.user("\(writer)/\(batch)/\($0)") }
                    batches.append(try await handles[writer].append(messages, to: "one"))
                }
                return batches
            }
            for batch in returned.flatMap(\.self) {
                let first = batch[0].sequence
                context.expect(
                    batch.map(\.sequence), equals: Array(first..<(first + Int64(batch.count))),
                    "the messages of one append are next to each other")
            }
            let all = returned.flatMap { $0.flatMap(\.self) }.sorted { $0.sequence < $1.sequence }
            context.expect(
                try await handles[0].messages(of: "one", limit: 1_000), equals: all,
                "what is read is what the appends returned")
        },
        Check(
            "order.history.last-messages", .o2,
            why: "A model is given the end of a conversation, in order; a wrong page makes it answer something else."
        ) { context in
            let chats = try await context.open()
            let all = try await chats.append((1...7).map { .user("\($0)") }, to: "one")
            for limit in 0...9 {
                context.expect(
                    try await chats.messages(of: "one", limit: limit), equals: all.suffix(limit),
                    "the last \(limit) messages are read, lowest sequence first")
                context.expect(
                    try await chats.history(of: "one", limit: limit), equals: all.suffix(limit).map(\.chatMessage),
                    "the history of \(limit) is the same messages' roles and contents")
            }
        },
    ]
}
