import ChatStorageCore
import Synchronization

extension Check {
    /// Pages of messages.
    static let messagePages: [Check] = [
        Check(
            "pages.messages.positions", .o2, .l2,
            why: "Scrolling up and down must neither skip nor repeat a message."
        ) { context in
            let chats = try await context.open()
            let all = try await chats.append((1...9).map { .user("\($0)") }, to: "one")
            for sequence in -1...11 as ClosedRange<Int64> {
                for limit in [1, 2, 5, 100] {
                    for position in [.before(sequence), .after(sequence)] as [MessagePosition] {
                        let page = try await chats.messages(MessageQuery(of: "one", position, limit: limit))
                        context.expect(
                            page.hasMore, equals: page.items.count == limit, "a full page says that there may be more")
                    }
                    context.expect(
                        try await chats.messages(of: "one", .before(sequence), limit: limit),
                        equals: all.filter { $0.sequence < sequence }.suffix(limit),
                        "the last \(limit) before \(sequence) are read, lowest first")
                    context.expect(
                        try await chats.messages(of: "one", .after(sequence), limit: limit),
                        equals: Array(all.filter { $0.sequence > sequence }.prefix(limit)),
                        "the first \(limit) after \(sequence) are read, lowest first")
                }
            }
        },
        Check(
            "pages.messages.extreme-positions", .l1, .l2,
            why: "With the largest and smallest numbers, adding or subtracting one overflows."
        ) { context in
            let chats = try await context.open()
            let all = try await chats.append([.user("1"), .user("2")], to: "one")
            for number in [.min, .min + 1, -1, 0] as [Int64] {
                context.expect(
                    try await chats.messages(of: "one", .before(number), limit: 5), equals: [],
                    "nothing is before \(number)")
                context.expect(
                    try await chats.messages(of: "one", .after(number), limit: 5), equals: all,
                    "everything is after \(number)")
            }
            for number in [.max, .max - 1, 3] as [Int64] {
                context.expect(
                    try await chats.messages(of: "one", .before(number), limit: 5), equals: all,
                    "everything is before \(number)")
                context.expect(
                    try await chats.messages(of: "one", .after(number), limit: 5), equals: [],
                    "nothing is after \(number)")
            }
        },
        Check(
            "pages.messages.after-clear", .l2, .c4,
            why: "A page that was open while the chat was cleared goes on from where it was."
        ) { context in
            let chats = try await context.open()
            try await chats.append((1...6).map { .user("\($0)") }, to: "one")
            try await chats.clearMessages(of: "one")
            let new = try await chats.append([.user("7"), .user("8")], to: "one")
            context.expect(
                try await chats.messages(of: "one", .after(3), limit: 9), equals: new,
                "a page after the cleared ones has the new messages")
            context.expect(
                try await chats.messages(of: "one", .before(7), limit: 9), equals: [],
                "a page before the new messages is empty")
        },
        Check(
            "pages.messages.walk-all", .l2,
            why: "Reading a whole conversation page by page gives the conversation."
        ) { context in
            let chats = try await context.open()
            var contents: [String] = []
            for index in 0..<60 { contents.append(String(repeating: "\(index) ", count: index % 7 == 0 ? 20_000 : 3)) }
            let all = try await chats.append(contents.map { .user($0) }, to: "one")
            for first in [0, 41] {
                var walked: [Message] = []
                for try await message in chats.allMessages(of: "one", after: Int64(first)) {
                    walked.append(message)
                    // An endless walk is cut off.
                    if walked.count > all.count { break }
                }
                context.expect(
                    walked, equals: Array(all[first...]), "walking from \(first) gives each message once, in order")
            }
        },
        Check(
            "pages.messages.walk-while-appending", .l2,
            why: "A chat goes on while somebody scrolls through it."
        ) { context in
            let handles = try await context.open(handles: 3)
            let before = 40
            try await handles[0].append((1...before).map { .user("\($0)") }, to: "one")
            let done = Mutex(false)
            _ = try await context.concurrently(handles.count) { index in
                let chats = handles[index]
                switch index {
                case 0:
                    defer { done.withLock { $0 = true } }
                    for step in 0..<30 { try await chats.append([.user("\(step)"), .user("\(step)")], to: "one") }
                case 1:
                    var seen: [Int64] = []
                    while true {
                        let last = done.withLock { $0 }
                        let page = try await chats.messages(of: "one", .after(seen.last ?? 0), limit: 7)
                        seen += page.map(\.sequence)
                        // A backend that repeats messages would never end the walk.
                        if last, page.isEmpty || seen.count > 1_000 { break }
                        await Task.yield()
                    }
                    context.expect(
                        seen, equals: Array(1...Int64(before + 60)), "walking forwards reaches each message once")
                default:
                    repeat {
                        var page = try await chats.messages(of: "one", limit: 7)
                        var seen = page.map(\.sequence)
                        while let first = page.first, seen.count < 1_000 {
                            page = try await chats.messages(of: "one", .before(first.sequence), limit: 7)
                            seen = page.map(\.sequence) + seen
                        }
                        context.expect(
                            seen, equals: seen.indices.map { Int64($0) + 1 },
                            "walking backwards from the end gives each message once")
                        context.expect(seen.count >= before, "walking backwards reaches the first message")
                        await Task.yield()
                    } while !done.withLock { $0 }
                }
            }
        },
    ]
}
