import ChatStorageSupport

extension ConversationSnapshot {
    /// Mends the snapshot's faults, except where a message's text would be lost.
    ///
    /// ```swift
    /// let (snapshot, mended) = imported.mended()
    /// try await storage.restoreConversation(snapshot)
    /// for (kind, count) in mended { print(count, kind) }
    /// ```
    ///
    /// What cannot be mended stays as it is, and restoring it fails: for example an id that is empty or too long, a
    /// message of more than 16 MiB, which is never cut, a time outside the years 1 to 9999, a predecessor that is no
    /// earlier message, a head that is none of the messages.
    ///
    /// - Returns: The snapshot, and how many values of each kind were mended; none if nothing was wrong.
    public func mended() -> (snapshot: ConversationSnapshot, mended: [Mending: Int]) {
        var mender = SnapshotMender(snapshot: self)
        mender.mendTexts()
        mender.mendTimes()
        mender.mendMetadata()
        mender.mendTitle()
        mender.mendLabels()
        return (mender.snapshot, mender.counts)
    }
}

private struct SnapshotMender {
    var snapshot: ConversationSnapshot
    private(set) var counts: [Mending: Int] = [:]

    init(snapshot: ConversationSnapshot) {
        self.snapshot = snapshot
    }

    private mutating func count(_ kind: Mending, _ number: Int = 1) {
        if number > 0 { counts[kind, default: 0] += number }
    }

    // MARK: Texts

    mutating func mendTexts() {
        for index in snapshot.messages.indices where snapshot.messages[index].body.mayHaveNUL {
            var body = snapshot.messages[index].body
            count(.nul, body.replaceNUL())
            snapshot.messages[index].body = body
        }
        if let title = snapshot.title, title.hasNUL {
            snapshot.title = title.withoutNUL
            count(.nul)
        }
        count(.nul, snapshot.metadata.replaceNUL())
    }

    mutating func mendTitle() {
        let bound = Limits.titleScalars.upperBound
        guard let title = snapshot.title, title.unicodeScalars.count > bound else { return }
        snapshot.title = title.prefix(scalars: bound)
        keep("title", .string(title))
        count(.longTitle)
    }

    mutating func mendLabels() {
        let labels = snapshot.labels.sorted()
        var fitting: Set<Label> = []
        var faults = 0
        for label in labels {
            let text = label.rawValue.hasNUL ? label.rawValue.withoutNUL : label.rawValue
            let fits = text.prefix(scalars: Limits.labelScalars.upperBound)
            if label.rawValue != fits { faults += 1 }
            guard !fits.isEmpty else {
                if label.rawValue.isEmpty { faults += 1 }
                continue
            }
            if fitting.count < Limits.labels {
                fitting.insert(Label(fits))
            } else if !fitting.contains(Label(fits)) {
                faults += 1
            }
        }
        guard faults > 0 else { return }
        snapshot.labels = fitting
        keep("labels", .array(labels.map { .string($0.rawValue.withoutNUL) }))
        count(.label, faults)
    }

    /// Keeps the uncut original in the metadata, unless its name is taken or it does not fit.
    private mutating func keep(_ name: String, _ value: JSONValue) {
        guard !snapshot.metadata.object.members.contains(where: { $0.name == name }) else { return }
        var metadata = snapshot.metadata
        metadata[name] = value
        if metadata.text.utf8.count <= Limits.metadataBytes { snapshot.metadata = metadata }
    }

    // MARK: Times

    /// Raises the messages' times, and fits the conversation's own to them.
    mutating func mendTimes() {
        if let first = snapshot.messages.first?.createdAt, first < snapshot.createdAt {
            snapshot.createdAt = first
            count(.decreasingTime)
        }
        // If `updatedAt` is the last message's time it moves with it, and is no fault of its own.
        let isOfLast = snapshot.updatedAt == snapshot.messages.last?.createdAt
        var time = snapshot.createdAt
        for index in snapshot.messages.indices {
            if snapshot.messages[index].createdAt < time {
                snapshot.messages[index].createdAt = time
                count(.decreasingTime)
            }
            time = snapshot.messages[index].createdAt
        }
        if snapshot.updatedAt < time {
            snapshot.updatedAt = time
            if !isOfLast { count(.decreasingTime) }
        }
    }

    // MARK: Metadata

    mutating func mendMetadata() {
        count(.metadata, snapshot.metadata.makeStorable())
        for index in snapshot.messages.indices where !snapshot.messages[index].body.metadata.isEmpty {
            var body = snapshot.messages[index].body
            let faults = body.metadata.makeStorable()
            guard faults > 0 else { continue }
            snapshot.messages[index].body = body
            count(.metadata, faults)
        }
    }
}

extension ChatMessage {
    /// Whether it is worth looking for U+0000 in all its texts: false for a plain message whose text has none.
    fileprivate var mayHaveNUL: Bool { !isPlain || content.hasNUL }

    /// Replaces U+0000 in what is said and in the metadata; native JSON has it escaped.
    ///
    /// - Returns: How many texts had it.
    fileprivate mutating func replaceNUL() -> Int {
        var metadata = metadata
        var faults = metadata.replaceNUL()
        var parts = parts
        let before = faults
        for index in parts.indices { faults += parts[index].replaceNUL() }
        // What the provider gave stays: it is what came, and its JSON has U+0000 escaped.
        if faults > before {
            let native = native
            self.parts = parts
            self.native = native
        }
        if faults > 0 { self.metadata = metadata }
        return faults
    }
}

extension MessagePart {
    fileprivate mutating func replaceNUL() -> Int {
        var faults = 0
        func replaced(_ text: String?) -> String? {
            guard let text, text.hasNUL else { return text }
            faults += 1
            return text.withoutNUL
        }
        var part = self
        part.id = replaced(id)
        part.text = replaced(text)
        part.name = replaced(name)
        part.callID = replaced(callID)
        part.status = replaced(status)
        part.input = replaced(input)
        part.output = replaced(output)
        if var file {
            file.mediaType = replaced(file.mediaType)
            file.name = replaced(file.name)
            file.url = replaced(file.url)
            file.id = replaced(file.id)
            part.file = file
        }
        guard faults > 0 else { return 0 }
        part.native = native
        self = part
        return faults
    }
}

extension Metadata {
    /// Replaces U+0000 in names and strings.
    ///
    /// - Returns: How many had it.
    fileprivate mutating func replaceNUL() -> Int {
        var faults = 0
        let replaced = object.replacingNUL(&faults)
        if faults > 0 { object = replaced }
        return faults
    }

    /// Leaves out the members that storage does not take, and the largest ones until the rest fits.
    ///
    /// - Returns: How many it left out.
    fileprivate mutating func makeStorable() -> Int {
        if isEmpty { return 0 }
        var kept = JSONObject()
        var sizes: [(name: String, bytes: Int)] = []
        var names: Set<String> = []
        for (name, value) in object.members {
            guard value.depth < JSONValue.maximumDepth, value.canBeStored, names.insert(name).inserted else { continue }
            kept[name] = value
            // The name, a colon, the value, and a comma, which the last one lacks.
            sizes.append((name, JSONValue.string(name).text.utf8.count + value.text.utf8.count + 2))
        }
        var bytes = sizes.reduce(1) { $0 + $1.bytes }
        sizes.sort { ($0.bytes, $0.name) < ($1.bytes, $1.name) }
        while bytes > Limits.metadataBytes, let largest = sizes.popLast() {
            kept[largest.name] = nil
            bytes -= largest.bytes
        }
        let faults = object.members.count - kept.members.count
        if faults > 0 { object = kept }
        return faults
    }
}

extension JSONObject {
    fileprivate func replacingNUL(_ faults: inout Int) -> JSONObject {
        var result = JSONObject()
        for (name, value) in members {
            if name.hasNUL { faults += 1 }
            let replaced = name.hasNUL ? name.withoutNUL : name
            if result[replaced] == nil { result[replaced] = value.replacingNUL(&faults) }
        }
        return result
    }
}

extension JSONValue {
    fileprivate func replacingNUL(_ faults: inout Int) -> JSONValue {
        switch self {
        case .null, .boolean, .integer, .number: return self
        case .string(let string):
            guard string.hasNUL else { return self }
            faults += 1
            return .string(string.withoutNUL)
        case .array(let elements): return .array(elements.map { $0.replacingNUL(&faults) })
        case .object(let object): return .object(object.replacingNUL(&faults))
        }
    }
}

extension String {
    /// The text with U+FFFD in place of U+0000.
    fileprivate var withoutNUL: String {
        String(UnicodeScalarView(unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}
