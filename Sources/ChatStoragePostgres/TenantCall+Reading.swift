import ChatStorageCore

/// How messages are read.
extension TenantCall {
    /// Reads a page of a conversation's messages, lowest sequence first.
    func messages(_ query: MessageQuery) async throws -> MessagePage {
        let statements = try await admit { try Validation.check(query) }
        let id = query.conversationID
        if let lookup = query.lookup {
            return MessagePage(try await look(up: lookup, of: id, statements), for: query)
        }
        guard query.limit > 0 else { return MessagePage([], for: query) }
        if case .through = query.path { return try await path(query, statements) }
        if query.path == .current, store.branched.contains(key(id)) { return try await path(query, statements) }
        let pages = query.path == .all ? statements.pagesOfAll : statements.pagesOfCurrent
        let positions = pages[query.states]
        let statement =
            if query.position.lowerBound != nil {
                positions.after
            } else if query.position.upperBound != nil {
                positions.before
            } else {
                positions.last
            }
        let values = values(id) { values in
            values.append(Int64(clamping: query.limit))
            if let bound = query.position.lowerBound ?? query.position.upperBound { values.append(bound) }
            if MessagePages.Filter(query.states) == .given { values.append(texts: MessagePages.names(query.states)) }
        }
        let result = try await page(query, statement, values)
        if query.path == .all {
            return MessagePage(try MessageTable.messages(result.rows, of: id), for: query)
        }
        guard let messages = try MessageTable.currentPage(result, of: id) else {
            return try await path(query, statements)
        }
        return MessagePage(messages, for: query)
    }

    /// Reads a page of a path, whether the conversation has branched or not.
    private func path(_ query: MessageQuery, _ statements: Statements) async throws -> MessagePage {
        let statement =
            if query.position.lowerBound != nil {
                statements.pathAfter
            } else if query.position.upperBound != nil {
                statements.pathBefore
            } else {
                statements.pathLast
            }
        let values = values(query.conversationID) { MessagePath.append(query, to: &$0) }
        let page = try MessagePath.page(try await page(query, statement, values), of: query)
        if query.path == .current { store.branched.note(key(query.conversationID), isIn: page.through != nil) }
        return page
    }

    private func page(
        _ query: MessageQuery, _ statement: PreparedSQL, _ values: Parameters
    ) async throws -> QueryResult {
        let page = Request.Page(tenant: name, id: query.conversationID, limit: query.limit)
        return try await store.result(
            of: .read(statement, values, isLong: query.limit > Self.shortPage, page: page), meter)
    }

    private func look(
        up lookup: MessageQuery.Lookup, of id: ConversationID, _ statements: Statements
    ) async throws -> [Message] {
        guard lookup.count > 0 else { return [] }
        let request: (statement: PreparedSQL, values: Parameters) =
            switch lookup {
            case .sequences(let sequences):
                (statements.messagesOfSequences, values(id) { $0.append(numbers: sequences) })
            case .keys(let keys): (statements.messagesOfKeys, values(id) { $0.append(texts: keys) })
            }
        let page = Request.Page(tenant: name, id: id, limit: lookup.count)
        let isLong = lookup.count > Self.shortPage
        let result = try await store.result(
            of: .read(request.statement, request.values, isLong: isLong, page: page), meter)
        return try result.rows.map { try MessageTable.message($0, of: id) }
    }

    /// Reads where a conversation has branched.
    func forks(of id: ConversationID) async throws -> [Fork] {
        let statements = try await admit { try Validation.check(id) }
        return try BranchSQL.forks(try await store.result(of: .read(statements.forks, values(id), isLong: true), meter))
    }
}
