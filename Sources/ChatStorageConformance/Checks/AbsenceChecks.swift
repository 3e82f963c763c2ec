import ChatStorageCore

extension Check {
    /// Capabilities that a backend does not declare must really be absent, as far as that can be checked.
    ///
    /// `harness.reopen.forgets` checks that nothing survives. If the harness cannot write past the library, the checks
    /// that need this do not apply.
    static let absence: [Check] = [
        Check(
            "absence.engine-constraints", .r2, .c2, needs: [.absence(.engineConstraints)],
            why: "If a backend declares too little, apps add needless checks of their own."
        ) { context in
            let chats = try await context.open()
            try await chats.createConversation("one")
            func insert(_ id: ConversationID, role: String, sequence: Int64) async throws -> Bool {
                try await context.writePastLibraryIfOffered(
                    .insertMessage(
                        tenant: context.tenantName(""), conversationID: id, sequence: sequence, role: role,
                        content: "text")) == .written
            }
            context.expect(
                try await insert("one", role: "user", sequence: 1), "the harness writes a row that breaks no rule")
            let takesRole = try await insert("one", role: "nonsense", sequence: 2)
            let takesOrphan = try await insert("missing", role: "user", sequence: 1)
            context.expect(
                takesRole || takesOrphan, "a backend that does not declare engineConstraints lacks one of them",
                actual: "the database refuses other roles and messages without a conversation")
        },
        Check(
            "absence.versioned-schema", .e5, needs: [.absence(.versionedSchema), .ownStore],
            why: "A backend that refuses newer schemas without saying so leaves apps to guess what an update does."
        ) { context in
            try await context.open().append(.user("text"), to: "one")
            guard
                try await context.writePastLibraryIfOffered(.recordNewerSchema(usableByThisVersion: false)) == .written
            else { return }
            let backend = try await context.openUnprepared()
            do {
                try await backend.prepare()
                _ = try await backend.conversation("one")
            } catch let error as ChatStorageError {
                context.expect(
                    error.code != .schemaTooNew, "a backend that does not declare versionedSchema knows no versions",
                    actual: "it refused a newer schema")
            }
        },
        Check(
            "absence.multi-process", .e3, needs: [.absence(.multiProcess)],
            why: "Apps use independent handles even if the backend does not promise that they work together."
        ) { context in
            let handles = try await context.open(handles: 2)
            try await handles[0].append(.user("text"), to: "one")
            try await handles[0].close()
            await context.expectError(.closed, "without multiProcess all handles are one, so all are closed") {
                try await handles[1].conversation("one")
            }
        },
    ]
}
