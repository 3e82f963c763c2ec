import ChatStorageCore

/// Conversations in the order of their list: most recently updated first, ties by the id's UTF-8 bytes.
///
/// A sorted list in chunks. Finding a place is a binary search; inserting or removing moves at most one chunk, and the
/// usual case, a conversation that becomes the newest, appends to the last one.
struct RecencyOrder: Sendable {
    struct Entry: Hashable, Sendable {
        let updatedAt: Timestamp
        let id: ConversationID

        init(updatedAt: Timestamp, id: ConversationID) {
            self.updatedAt = updatedAt
            self.id = id
        }

        init(_ conversation: Conversation) {
            self.init(updatedAt: conversation.updatedAt, id: conversation.id)
        }

        /// Whether this comes after the other in the list.
        func follows(_ other: Entry) -> Bool {
            updatedAt == other.updatedAt ? other.id < id : updatedAt < other.updatedAt
        }
    }

    private static let chunkCapacity = 512

    /// From the end of the list to its start, so that the newest is last; no chunk is empty.
    private var chunks: [[Entry]] = []

    mutating func insert(_ entry: Entry) {
        guard let newest = chunks.last?.last else {
            chunks = [[entry]]
            return
        }
        let chunk = newest.follows(entry) ? chunks.count - 1 : chunkIndex(reaching: entry)
        let place = placeOfFirst(notFollowing: entry, inChunk: chunk)
        chunks[chunk].insert(entry, at: place)
        if chunks[chunk].count > Self.chunkCapacity { split(chunk) }
    }

    mutating func remove(_ entry: Entry) {
        let chunk = chunkIndex(reaching: entry)
        guard chunk < chunks.count else { return }
        let place = placeOfFirst(notFollowing: entry, inChunk: chunk)
        guard place < chunks[chunk].count, chunks[chunk][place] == entry else { return }
        chunks[chunk].remove(at: place)
        mergeIfSmall(chunk)
    }

    /// The entries after one in the list, or from the list's start.
    func entries(after start: Entry?, limit: Int) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(min(limit, 1_000))
        var chunk = start.map { chunkIndex(reaching: $0) } ?? chunks.count - 1
        // How many of the chunk's entries come after the start; they are walked backwards.
        var place =
            if let start, chunk < chunks.count {
                placeOfFirst(notFollowing: start, inChunk: chunk)
            } else {
                chunks.last?.count ?? 0
            }
        if chunk == chunks.count { chunk -= 1 }
        while chunk >= 0, entries.count < limit {
            if place == 0 {
                chunk -= 1
                if chunk >= 0 { place = chunks[chunk].count }
            } else {
                place -= 1
                entries.append(chunks[chunk][place])
            }
        }
        return entries
    }

    /// The first chunk whose entries do not all come after this one; `chunks.count` if there is none.
    private func chunkIndex(reaching entry: Entry) -> Int {
        Self.firstIndex(below: chunks.count) { chunk in !follows(chunk, chunks[chunk].count - 1, entry) }
    }

    /// The index in a chunk of the first entry that does not come after this one in the list; its count if there is
    /// none.
    private func placeOfFirst(notFollowing entry: Entry, inChunk chunk: Int) -> Int {
        Self.firstIndex(below: chunks[chunk].count) { place in !follows(chunk, place, entry) }
    }

    /// Whether the entry at a place comes after another in the list; compares ids only if times are equal.
    private func follows(_ chunk: Int, _ place: Int, _ entry: Entry) -> Bool {
        let updatedAt = chunks[chunk][place].updatedAt
        return updatedAt == entry.updatedAt ? entry.id < chunks[chunk][place].id : updatedAt < entry.updatedAt
    }

    private mutating func split(_ chunk: Int) {
        // The newest chunk grows at its end: the older part stays full, and the new chunk starts almost empty.
        let keep = chunk == chunks.count - 1 ? Self.chunkCapacity : Self.chunkCapacity / 2
        let tail = Array(chunks[chunk][keep...])
        chunks[chunk].removeSubrange(keep...)
        chunks.insert(tail, at: chunk + 1)
    }

    private mutating func mergeIfSmall(_ chunk: Int) {
        if chunks[chunk].isEmpty {
            chunks.remove(at: chunk)
        } else if chunk + 1 < chunks.count, chunks[chunk].count + chunks[chunk + 1].count < Self.chunkCapacity / 2 {
            let next = chunks.remove(at: chunk + 1)
            chunks[chunk].append(contentsOf: next)
        }
    }

    /// The first index below a count at which a condition holds; it must then hold at all later ones.
    static func firstIndex(below count: Int, where holds: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
