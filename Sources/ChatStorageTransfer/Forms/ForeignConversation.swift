import ChatStorageCore

/// A conversation of another program's file: a tree of nodes with that program's ids, in any order.
struct ForeignConversation {
    /// A place in the tree, with the successive messages that the library makes of it.
    struct Node {
        /// The program's id, if something refers to it.
        var id: String?
        /// The node that it follows.
        var parent = Parent.before
        /// Its messages; empty for a node that only connects others, whose successors then follow its parent.
        var bodies: [ChatMessage] = []
        /// When its messages were said; nil if the file does not say.
        var createdAt: Timestamp?
    }

    /// What a node follows.
    enum Parent: Hashable {
        /// The node before it in the file.
        case before
        /// Nothing.
        case none
        /// The node with this id, or nothing if the file has no such node.
        case node(String)
    }

    /// The program's id; nil derives one from the content.
    var id: ConversationID?
    /// The title; nil if the file has none.
    var title: String?
    /// When it was created; nil means at the time of its first message.
    var createdAt: Timestamp?
    /// When it was last changed; nil means at the time of its last message.
    var updatedAt: Timestamp?
    /// The labels.
    var labels: Set<Label> = []
    /// The metadata: members without another place.
    var metadata = Metadata()
    /// The nodes, in the file's order.
    var nodes: [Node] = []
    /// The id of the node at the end of the path that the program shows; nil for the last message.
    var head: String?
    /// The paths of the members that are neither empty nor kept: `mapping[].message.weight`.
    var leftOut: Set<String> = []
}

extension ForeignConversation {
    /// Moves the rest of objects into the metadata, under its own names.
    mutating func keepRest(of objects: ForeignObject...) {
        var room = MetadataRoom()
        for object in objects { object.putRest(into: &room) }
        metadata = room.metadata
        leftOut.formUnion(room.leftOut)
    }

    /// The conversation with its messages in the order of their times, each after the one that it follows.
    ///
    /// - Parameter ids: Derives the id if the file has none.
    /// - Throws: ``InvalidConversation`` if two nodes have the same id or nodes follow one another in a circle.
    func archived(ids: inout DerivedIDs) throws -> ArchivedConversation {
        let tree = try NodeTree(nodes)
        let (messages, last) = tree.messages()
        var conversation = ArchivedConversation(
            id: id ?? ids.next(title: title, messages: messages), title: title, messages: messages)
        // Another program's times can contradict those of its messages.
        let times = messages.compactMap(\.createdAt)
        if let createdAt { conversation.createdAt = times.min().map { min($0, createdAt) } ?? createdAt }
        if let updatedAt { conversation.updatedAt = times.max().map { max($0, updatedAt) } ?? updatedAt }
        conversation.labels = labels
        conversation.metadata = metadata
        if let head, let node = tree.index[head], let end = last[node], end != Int64(messages.count) {
            conversation.head = end
        }
        conversation.leftOut = leftOut
        return conversation
    }
}

/// The order of a conversation's nodes, by their places in the file.
private struct NodeTree {
    let nodes: [ForeignConversation.Node]
    /// The places of nodes by their ids.
    private(set) var index: [String: Int] = [:]
    private var parents: [Int?] = []
    /// The nodes' places, each after its parent's, lowest time first.
    private var order: [Int] = []

    init(_ nodes: [ForeignConversation.Node]) throws {
        self.nodes = nodes
        for (place, node) in nodes.enumerated() {
            guard let id = node.id else { continue }
            guard index.updateValue(place, forKey: id) == nil else {
                throw InvalidConversation(reason: "has two messages of the id \"\(id.shortened)\"")
            }
        }
        parents = nodes.enumerated().map { place, node in
            switch node.parent {
            case .before: place == 0 ? nil : place - 1
            case .none: nil
            case .node(let id): index[id]
            }
        }
        try sort()
    }

    /// Orders the nodes by their times, and nodes with equal times by the file's order.
    ///
    /// A node never counts as earlier than its parent, so each comes after the one that it follows.
    private mutating func sort() throws {
        var children: [[Int]] = Array(repeating: [], count: nodes.count)
        var waiting: [Int] = []
        for (place, parent) in parents.enumerated() {
            if let parent { children[parent].append(place) } else { waiting.append(place) }
        }
        waiting.reverse()
        var times: [Timestamp?] = Array(repeating: nil, count: nodes.count)
        var visited: [Int] = []
        visited.reserveCapacity(nodes.count)
        while let place = waiting.popLast() {
            let before = parents[place].flatMap { times[$0] }
            times[place] = [before, nodes[place].createdAt].compactMap(\.self).max()
            visited.append(place)
            waiting += children[place].reversed()
        }
        guard visited.count == nodes.count else {
            throw InvalidConversation(reason: "has messages that follow one another in a circle")
        }
        // A first node without a time counts as the earliest.
        let earliest = Timestamp(microsecondsSinceEpoch: .min)
        order = visited.enumerated()
            .map { (time: times[$0.element] ?? earliest, rank: $0.offset, place: $0.element) }
            .sorted { ($0.time, $0.rank) < ($1.time, $1.rank) }
            .map(\.place)
    }

    /// The messages, and for each node its last message or, if it has none, that of the node that it follows.
    func messages() -> (messages: [ArchivedConversation.Message], last: [Int64?]) {
        var messages: [ArchivedConversation.Message] = []
        var last: [Int64?] = Array(repeating: nil, count: nodes.count)
        for place in order {
            var before = parents[place].flatMap { last[$0] } ?? 0
            for body in nodes[place].bodies {
                let newest = Int64(messages.count)
                messages.append(
                    ArchivedConversation.Message(
                        body, sequence: newest + 1, createdAt: nodes[place].createdAt,
                        predecessor: before == newest ? nil : before))
                before = newest + 1
            }
            last[place] = before
        }
        return (messages, last)
    }
}
