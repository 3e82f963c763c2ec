import ChatStorageCore

extension Check {
    /// The errors' codes, their precedence, and their silence about stored text.
    static let errors: [Check] = [
        Check(
            "errors.not-prepared", .e1, needs: [.ownStore],
            why: "An app that forgets to prepare its store must hear so from its tests, on every backend."
        ) { context in
            let backend = try await context.openUnprepared()
            for call in StorageCall.ofEveryOperation(on: "one") {
                for chats in [
                    backend.defaultTenant, backend.tenant("a"), backend.tenant(""), backend.asDefaultTenant,
                ] {
                    await context.expectError(.notPrepared, "before prepare() it is refused: \(summary(of: call))") {
                        try await call.perform(on: chats)
                    }
                }
            }
            try await backend.prepare()
            context.expect(try await backend.conversations(limit: 10), equals: [], "refused calls left nothing behind")
            try await backend.append(.user("text"), to: "one")
            context.expect(
                try await backend.history(of: "one"), equals: [.user("text")], "after prepare() calls work")
        },
        Check(
            "errors.precedence.arguments", .e1,
            why: "If several things are wrong, an app must show the same error on every backend."
        ) { context in
            let chats = try await context.open()
            try await chats.restoreConversation(.sample("existing", messages: 2))
            try await chats.append(.user("text", key: "key"), to: "keyed")
            let bad = Role(rawValue: "nobody")
            var badSnapshot = ConversationSnapshot.sample("existing", messages: 2)
            badSnapshot.messages[0].role = bad
            var worseSnapshot = badSnapshot
            worseSnapshot.messages[1].content = "\0"
            let cases: [(ChatStorageError.Code, StorageCall)] = [
                (.invalidArgument, .createConversation("existing", title: "\0")),
                (.invalidArgument, .append([.user("\0")], to: "missing", if: .exists)),
                (
                    .invalidArgument,
                    .append([ChatMessage(role: bad, content: "text"), .user("\0")], to: "missing", if: .exists)
                ),
                (.invalidArgument, .append([ChatMessage(role: bad, content: "")], to: "", if: .exists)),
                (.invalidArgument, .restoreConversation(worseSnapshot)),
                (.invalidArgument, .append([ChatMessage(role: bad, content: "", key: "")], to: "missing", if: .exists)),
                (
                    .invalidArgument,
                    .append([.user("other", key: "key"), .user("", key: "key")], to: "keyed", if: .exists)
                ),
                (.invalidRole, .append([ChatMessage(role: bad, content: "")], to: "missing", if: .exists)),
                (.invalidRole, .append([ChatMessage(role: bad, content: "", key: "key")], to: "keyed", if: .exists)),
                (
                    .idempotencyMismatch,
                    .append(
                        [.user("other", key: "key")], to: "keyed",
                        if: .unchanged(ConversationVersion(createdAt: .future, lastSequence: 9)))
                ),
                (
                    .conversationNotFound,
                    .append(
                        [.user("text", key: "key")], to: "missing",
                        if: .unchanged(ConversationVersion(createdAt: .future, lastSequence: 9)))
                ),
                (
                    .conflict,
                    .append(
                        [.user("text")], to: "keyed",
                        if: .unchanged(ConversationVersion(createdAt: .future, lastSequence: 9)))
                ),
                (.invalidRole, .restoreConversation(badSnapshot)),
                (.conversationExists, .restoreConversation(.sample("existing"))),
                (.conversationNotFound, .append([.user("text")], to: "missing", if: .exists)),
            ]
            try await context.expectUnchanged(chats, "refused calls change nothing") {
                for (code, call) in cases {
                    await context.expectError(code, "of several errors the first counts: \(summary(of: call))") {
                        try await call.perform(on: chats)
                    }
                }
            }
        },
        Check(
            "errors.precedence.parameters", .e1, .t6,
            why: "The error names one field; which one must not depend on the backend."
        ) { context in
            let chats = try await context.open()
            let long = String(repeating: "x", count: 300)
            for call in [
                .createConversation("", title: long), .getOrCreateConversation("", title: long),
                .updateTitle(of: "", to: long), .messages(of: "", .end, limit: -1),
            ] as [StorageCall] {
                let error = await context.expectError(
                    .invalidArgument, "two bad arguments are refused: \(summary(of: call))"
                ) {
                    try await call.perform(on: chats)
                }
                context.expect(
                    error.map { $0.message.names("id") && !$0.message.hasNumber(300) } ?? true,
                    "the first parameter is the one that the error names", actual: error?.message)
            }
        },
        Check(
            "errors.precedence.limit-before-cursor", .e1, .l1, .l4,
            why: "A negative limit is the app's mistake, a bad cursor its caller's; the app's must show first."
        ) { context in
            let backend = try await context.open()
            for chats in [backend.defaultTenant, backend.tenant("a")] {
                for id in ["1", "2"] as [ConversationID] { try await chats.restoreConversation(.sample(id)) }
            }
            let foreign = try await backend.tenant("a").conversations(after: nil, limit: 1).next
            for cursor in [ConversationCursor("damaged"), ConversationCursor(""), foreign] {
                await context.expectError(.invalidArgument, "a negative limit comes before a bad cursor") {
                    try await backend.conversations(after: cursor, limit: -1)
                }
                await context.expectError(.invalidCursor, "a bad cursor is refused even with a limit of 0") {
                    try await backend.conversations(after: cursor, limit: 0)
                }
            }
        },
        Check(
            "errors.precedence.not-prepared", .e1, needs: [.ownStore],
            why: "A store that is not prepared refuses everything in the same way, right or wrong."
        ) { context in
            let backend = try await context.openUnprepared()
            for call in wrongCalls {
                await context.expectError(.notPrepared, "notPrepared comes before the arguments: \(summary(of: call))")
                {
                    try await call.perform(on: backend)
                }
            }
            for name in ["", "\0"] {
                await context.expectError(.notPrepared, "notPrepared comes before the tenant's name") {
                    try await backend.tenant(name).conversation("one")
                }
            }
        },
        Check(
            "errors.precedence.closed", .e1, .e3, needs: [.ownStore],
            why: "An app that is shutting down sees one error, not all of its mistakes."
        ) { context in
            let backend = try await context.openUnprepared()
            try await backend.close()
            for call in wrongCalls + StorageCall.ofEveryOperation(on: "one") {
                await context.expectError(.closed, "closed comes before all others: \(summary(of: call))") {
                    try await call.perform(on: backend)
                }
            }
            for name in ["", "\0"] {
                await context.expectError(.closed, "closed comes before the tenant's name") {
                    try await backend.tenant(name).conversation("one")
                }
            }
            await context.expectError(.closed, "a closed store is not prepared") { try await backend.prepare() }
        },
        Check(
            "errors.tell-no-text", .e2,
            why: "Errors end up in logs, which must not have people's texts."
        ) { context in
            let chats = try await context.open()
            let secret = "xyzzy"
            let long = String(repeating: secret, count: 50)
            let huge = String(repeating: secret, count: Limits.contentBytes.upperBound / secret.utf8.count + 1)
            try await chats.restoreConversation(.sample("existing", title: secret))
            try await chats.append(.user("first", key: secret), to: "existing")
            var role = ConversationSnapshot.sample("new", title: secret, messages: 1)
            role.messages[0].role = Role(rawValue: "nobody")
            role.messages[0].content = secret
            var nul = role
            nul.messages[0].content = secret + "\0"
            var time = ConversationSnapshot.sample("new", title: secret, messages: 1)
            time.messages[0].content = secret
            time.updatedAt = .earliest
            let tooMany = (0...Limits.labels).reduce(ConversationChange()) { $0.adding(label: "\(secret) \($1)") }
            let large = JSONValue.string(String(repeating: secret, count: Limits.metadataBytes / secret.utf8.count + 1))
            let calls: [StorageCall] = [
                .updateConversation("existing", .adding(label: Label(long))), .updateConversation("existing", tooMany),
                .updateConversation("existing", .removing(label: Label(secret + "\0"))),
                .updateConversation("existing", .metadata(.setting(secret, to: .string(secret + "\0")))),
                .updateConversation("existing", .metadata(.setting(secret, to: large))),
                .conversations(ConversationQuery(limit: 1, with: [Label(long)])),
                .conversations(after: ConversationCursor(secret), limit: 1),
                .deleteConversation(ConversationDeletion("existing", without: [Label(long)])),
                .append(NewMessages([.user(secret)], to: "one", if: .create(labels: [Label(long)]))),
                .append([.assistant([.toolCall(long, callID: secret, input: secret)])], to: "one"),
                .append(NewMessages([.user(secret)], to: "existing", .after(9))),
                .reviseMessage(MessageRevision(of: "existing", 1, metadata: .setting(secret, to: large))),
                .reviseMessage(
                    MessageRevision(
                        of: "existing", 1, from: .init(createdAt: .past, revision: 1), body: .assistant(secret))),
                .messages(MessageQuery(of: "existing", .keys([secret, long]))),
                .createConversation("one", title: long), .createConversation("one", title: secret + "\0"),
                .createConversation("existing", title: secret), .getOrCreateConversation("one", title: long),
                .updateTitle(of: "existing", to: long), .append([.user(huge)], to: "one", if: .createIfMissing),
                .append([.user(secret + "\0")], to: "one", if: .createIfMissing),
                .append([.user(secret)], to: "missing", if: .exists),
                .append([.user("", key: secret)], to: "missing", if: .exists),
                .append([.user("", key: long)], to: "one", if: .createIfMissing),
                .append([.user("", key: secret + "\0")], to: "one", if: .createIfMissing),
                .append([.user("", key: secret), .user("", key: secret)], to: "one", if: .createIfMissing),
                .append([.user(secret, key: secret)], to: "existing", if: .exists),
                .append([.user(secret)], to: "existing", if: .unchanged(.init(createdAt: .future, lastSequence: 0))),
                .append([ChatMessage(role: Role(rawValue: "x"), content: secret)], to: "one", if: .createIfMissing),
                .restoreConversation(role), .restoreConversation(nul), .restoreConversation(time),
                .restoreConversation(.sample("existing", title: secret)),
                .restoreConversation(.sample("new", title: long)),
            ]
            for call in calls {
                do {
                    let reply = try await call.perform(on: chats)
                    context.expect(false, "it is refused: \(summary(of: call))", actual: summary(of: reply))
                } catch {
                    var dumped = ""
                    dump(error, to: &dumped)
                    for text in ["\(error)", String(reflecting: error), String(describing: error), dumped] {
                        context.expect(!text.contains(secret), "the error does not quote the text", actual: text)
                    }
                }
            }
        },
        Check(
            "errors.locked-out", .e4, needs: [.capability(.multiProcess), .ownStore],
            why: "If a database is busy for long, the app must know that the message can be sent again."
        ) { context in
            let chats = try await context.open()
            try await chats.restoreConversation(.sample("one", title: "title", messages: 2))
            let before = try await TenantState(of: chats)
            let writes: [StorageCall] = [
                .append([.user("text")], to: "one", if: .createIfMissing), .createConversation("two", title: nil),
                .append([.user("text", key: "key")], to: "one", if: .exists),
                .append([.user("text")], to: "one", if: .unchanged(.init(createdAt: .past, lastSequence: 2))),
                .getOrCreateConversation("two", title: nil), .updateTitle(of: "one", to: "other"),
                .clearMessages(of: "one"), .deleteConversation("one"),
                .restoreConversation(.sample("three", messages: 2)),
            ]
            try await context.withWritersLockedOut { impatient in
                for call in writes {
                    let error = await context.expectError(
                        .unavailable, "a write that cannot get in says so: \(summary(of: call))"
                    ) {
                        try await call.perform(on: impatient)
                    }
                    context.expect(
                        error.map { $0.writeOutcome == .notApplied } ?? true, "it says that nothing was written",
                        actual: error?.description)
                    context.expect(error?.isRetryable ?? true, "it says that it can be tried again")
                }
            }
            context.expect(try await TenantState(of: chats) == before, "nothing was written")
            context.expect(
                try await chats.append(.user("text"), to: "one").sequence, equals: 3, "writes work afterwards")
        },
    ]

    /// Invalid calls of several kinds.
    private static var wrongCalls: [StorageCall] {
        [
            .conversation(""), .createConversation("one", title: "\0"), .conversations(after: nil, limit: -1),
            .conversations(after: ConversationCursor("damaged"), limit: 1), .messages(of: "one", .end, limit: -1),
            .append([.user("\0")], to: "one", if: .exists), .append([], to: "", if: .exists),
            .append([ChatMessage(role: Role(rawValue: "x"), content: "")], to: "one", if: .exists),
            .append([.user("text")], to: "missing", if: .exists),
            .restoreConversation(ConversationSnapshot(id: "one", createdAt: .future, updatedAt: .past)),
        ]
    }
}
