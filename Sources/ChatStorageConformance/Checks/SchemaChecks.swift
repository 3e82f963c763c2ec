import ChatStorageCore

extension Check {
    /// Preparing the store, and foreign schemas.
    static let schema: [Check] = [
        Check(
            "schema.prepare.repeated", .d2,
            why: "Every start of an app prepares its store."
        ) { context in
            let backend = try await context.open()
            try await backend.restoreConversation(.sample("one", title: "title", messages: 3))
            try await context.expectUnchanged(backend, "preparing again changes nothing") {
                for _ in 0..<5 { try await backend.prepare() }
                for other in try await context.open(handles: 2) { try await other.prepare() }
            }
            context.expect(
                try await backend.append(.user("text"), to: "one").sequence, equals: 4, "the store works on")
        },
        Check(
            "schema.prepare.changes-nothing", .d2, needs: [.capability(.versionedSchema), .ownStore],
            why: "A current schema needs only the right to read, so preparing must not write to it."
        ) { context in
            let backend = try await context.open()
            try await backend.restoreConversation(.sample("one", title: "title", messages: 3))
            let before = try await context.contents()
            try await backend.prepare()
            for other in try await context.open(handles: 2) { try await other.prepare() }
            context.expect(try await context.contents(), equals: before, "schema and rows are the same")
        },
        Check(
            "schema.prepare.verify", .d2, needs: [.capability(.versionedSchema), .ownStore],
            why: "A server that may not change tables must start, and must notice that nobody has made them."
        ) { context in
            let before = try await context.contents()
            let early = try await context.openUnprepared()
            for _ in 1...2 {
                await context.expectError(.notPrepared, "a store without a schema is not prepared") {
                    try await early.prepare(.verify)
                }
            }
            await context.expectError(.notPrepared, "calls do not work either") { try await early.conversation("one") }
            context.expect(try await context.contents(), equals: before, "nothing is made")

            try await context.open().restoreConversation(.sample("one", title: "title", messages: 3))
            let made = try await context.contents()
            for backend in [early, try await context.openUnprepared()] {
                try await backend.prepare(.verify)
                context.expect(try await backend.messages(of: "one").count, equals: 3, "then the store works")
            }
            context.expect(try await context.contents(), equals: made, "nothing is changed")
        },
        Check(
            "schema.prepare.beside-a-writer", .d2, needs: [.capability([.versionedSchema, .multiProcess]), .ownStore],
            why: "A starting server must neither wait for another program's writes nor need the right to write."
        ) { context in
            try await context.open().append(.user("text"), to: "one")
            try await context.withWritersLockedOut { _ in
                let backend = try await context.openUnprepared()
                try await backend.prepare()
                context.expect(
                    try await backend.history(of: "one"), equals: [.user("text")],
                    "a current schema is prepared, and read, while nobody can write")
            }
        },
        Check(
            "schema.prepare.concurrent", .d2, needs: [.ownStore],
            why: "A new version is started on ten servers at once."
        ) { context in
            // Handles in one process stand for the servers, since a suite that runs anywhere cannot start programs.
            let handles = try await context.openUnprepared(handles: 8)
            // Once connected, the handles reach the empty store at the same time.
            for handle in handles {
                await context.expectError(.notPrepared, "nothing is prepared yet") {
                    try await handle.conversation("one")
                }
            }
            _ = try await context.concurrently(handles.count) { index in
                try await handles[index].prepare()
                try await handles[index].append(.user("\(index)"), to: "one")
            }
            context.expect(
                try await handles[0].messages(of: "one").map(\.sequence), equals: Array(1...8),
                "the schema is made once, and every handle works")
        },
        Check(
            "schema.prepare.during-calls", .d2,
            why: "The next server starts while the first ones work."
        ) { context in
            let handles = try await context.open(handles: 3)
            _ = try await context.concurrently(handles.count) { index in
                for step in 0..<10 {
                    if index == 0 {
                        try await handles[0].prepare()
                    } else {
                        try await handles[index].append(.user("\(step)"), to: "one")
                    }
                }
            }
            context.expect(
                try await handles[0].messages(of: "one", limit: 100).map(\.sequence), equals: Array(1...20),
                "calls and preparations do not disturb each other")
        },
        Check(
            "schema.too-new", .e5, needs: [.capability(.versionedSchema), .ownStore],
            why: "An old version that writes into a newer schema damages what it does not know."
        ) { context in
            try await context.open().restoreConversation(.sample("one", title: "title", messages: 3))
            context.expect(
                try await context.writePastLibrary(.recordNewerSchema(usableByThisVersion: false)), equals: .written,
                "the harness records a newer schema")
            let before = try await context.contents()
            let backend = try await context.openUnprepared()
            for call in StorageCall.ofEveryOperation(on: "one") {
                await context.expectError(.schemaTooNew, "a newer schema is refused by \(summary(of: call))") {
                    try await call.perform(on: backend)
                }
            }
            for preparation in [.migrate, .verify] as [Preparation] {
                await context.expectError(.schemaTooNew, "a newer schema is not prepared") {
                    try await backend.prepare(preparation)
                }
            }
            for call in StorageCall.ofEveryOperation(on: "one") {
                await context.expectError(
                    .schemaTooNew, "after that too a newer schema is refused by \(summary(of: call))"
                ) {
                    try await call.perform(on: backend)
                }
            }
            context.expect(try await context.contents(), equals: before, "nothing is changed")
        },
        Check(
            "schema.newer-but-usable", .e5, needs: [.capability(.versionedSchema), .ownStore],
            why: "A new version is rolled out server by server, while the old ones go on."
        ) { context in
            try await context.open().restoreConversation(.sample("one", title: "title", messages: 3))
            context.expect(
                try await context.writePastLibrary(.recordNewerSchema(usableByThisVersion: true)), equals: .written,
                "the harness records a newer schema")
            let before = try await context.contents()
            let backend = try await context.open()
            context.expect(
                try await context.contents(), equals: before, "preparing does not undo the newer schema")
            context.expect(
                try await backend.append(.user("text"), to: "one").sequence, equals: 4,
                "a newer schema that admits this version is used")
        },
        Check(
            "schema.foreign-tables", .e5, needs: [.capability(.versionedSchema), .ownStore],
            why: "Many apps have a table of conversations of their own; it is not ours to write to or to change."
        ) { context in
            context.expect(
                try await context.writePastLibrary(.createForeignTables), equals: .written,
                "the harness creates tables of the library's names")
            let before = try await context.contents()
            let backend = try await context.openUnprepared()
            for call in StorageCall.ofEveryOperation(on: "one") {
                await context.expectError(
                    .schemaMismatch, "another program's tables are refused by \(summary(of: call))"
                ) {
                    try await call.perform(on: backend)
                }
            }
            for preparation in [.migrate, .verify] as [Preparation] {
                await context.expectError(.schemaMismatch, "another program's tables are not prepared") {
                    try await backend.prepare(preparation)
                }
            }
            for call in StorageCall.ofEveryOperation(on: "one") {
                await context.expectError(.schemaMismatch, "after that too another program's tables are refused") {
                    try await call.perform(on: backend)
                }
            }
            context.expect(try await context.contents(), equals: before, "nothing is changed")
        },
    ]
}
