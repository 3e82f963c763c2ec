import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// A part for a request, with the facts that decide whether the API takes it.
struct GeminiOutgoing {
    /// The kinds of parts for which the API has different rules.
    enum Kind {
        /// A call that the app answers.
        case call
        /// The app's answer to a call.
        case result
        /// Anything else.
        case other
    }

    let kind: Kind
    /// The exact JSON; empty for a portable call or result, which is written once its counterpart is known.
    var json: String
    /// The portable part; nil for a part that goes out as it came.
    var portable: MessagePart?
    /// The JSON of a portable result's files.
    var files: [String] = []
    let callID: String?
    let name: String?
    /// The id that the API itself gave the call.
    var apiID: String?
    /// Whether a model signed the call.
    var isSigned = false
    /// The places of the message and the part.
    let message: Int
    let part: Int
}

/// Parts in contents of user and model, as the API takes them.
///
/// After a content with calls, the next one must have a result for each. Calls and results without a counterpart are
/// left out.
struct GeminiTurns {
    private struct Turn {
        let isUsers: Bool
        var parts: [GeminiOutgoing]
    }

    private var turns: [Turn] = []

    /// Whether there are no parts.
    var isEmpty: Bool { turns.isEmpty }

    /// The contents to send: the role and its parts' JSON.
    var contents: [(role: String, parts: [String])] {
        turns.map { (role: $0.isUsers ? "user" : "model", parts: $0.parts.map(\.json)) }
    }

    /// Adds a part at the end; successive parts of one side make one content.
    mutating func append(_ part: GeminiOutgoing, isUsers: Bool) {
        if turns.last?.isUsers == isUsers {
            turns[turns.count - 1].parts.append(part)
        } else {
            turns.append(Turn(isUsers: isUsers, parts: [part]))
        }
    }

    /// Removes what the API would refuse, and writes calls and results.
    ///
    /// - Parameter signing: Whether calls that no model of the API signed get a signature.
    mutating func settle(signing: Bool) -> [Omission] {
        var omissions: [Omission] = []
        for index in turns.indices {
            if turns[index].isUsers {
                settleResults(index, &omissions)
            } else {
                settleCalls(index, &omissions)
            }
        }
        regroup()
        if signing {
            for index in turns.indices where !turns[index].isUsers { sign(index) }
        }
        return omissions
    }

    /// Joins contents of one side again after removals between them.
    private mutating func regroup() {
        let old = turns
        turns = []
        for turn in old {
            for part in turn.parts { append(part, isUsers: turn.isUsers) }
        }
    }

    // MARK: Calls and results

    /// The result of each call, by their places among the parts of two contents.
    private static func pairs(_ calls: [GeminiOutgoing], _ answers: [GeminiOutgoing]) -> [Int: Int] {
        var pairs: [Int: Int] = [:]
        for (place, answer) in answers.enumerated() where answer.kind == .result {
            let open = calls.indices.filter { calls[$0].kind == .call && pairs[$0] == nil }
            let call =
                if let id = answer.callID {
                    open.first { calls[$0].callID.hasSameUTF8(as: id) }
                } else {
                    open.first { calls[$0].name.hasSameUTF8(as: answer.name) }
                        ?? (answer.name == nil ? open.first : nil)
                }
            if let call { pairs[call] = place }
        }
        return pairs
    }

    private mutating func settleCalls(_ index: Int, _ omissions: inout [Omission]) {
        let next = index + 1 < turns.count ? turns[index + 1].parts : []
        let pairs = Self.pairs(turns[index].parts, next)
        var kept: [GeminiOutgoing] = []
        for (place, var part) in turns[index].parts.enumerated() {
            if part.kind == .call, pairs[place] == nil {
                omissions.append(part.omission("the call is left out: no result follows right after it"))
                continue
            }
            if part.kind == .call, let call = part.portable {
                part.json = GeminiPartWriter.call(call, name: part.name ?? "", signature: nil)
            }
            kept.append(part)
        }
        turns[index].parts = kept
    }

    /// Keeps only results whose calls are in the content before, which was settled already.
    private mutating func settleResults(_ index: Int, _ omissions: inout [Omission]) {
        let calls = index > 0 ? turns[index - 1].parts : []
        let pairs = Self.pairs(calls, turns[index].parts)
        let callOfResult = Dictionary(pairs.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
        var results: [(call: Int, part: GeminiOutgoing)] = []
        var others: [GeminiOutgoing] = []
        for (place, var part) in turns[index].parts.enumerated() {
            guard part.kind == .result else {
                others.append(part)
                continue
            }
            guard let call = callOfResult[place] else {
                omissions.append(
                    part.omission(
                        "the result is left out: no call without a result comes right before it"))
                continue
            }
            if let result = part.portable {
                part.apiID = calls[call].apiID
                part.json = GeminiPartWriter.result(
                    result, id: part.apiID, name: part.name ?? calls[call].name ?? "", files: part.files)
            }
            results.append((call, part))
        }
        // Without an id, the API finds a result's call by its place.
        if results.contains(where: { $0.part.apiID == nil }) {
            results = results.enumerated().sorted { ($0.element.call, $0.offset) < ($1.element.call, $1.offset) }
                .map(\.element)
        }
        turns[index].parts = results.map(\.part) + others
    }

    /// Signs the first of a content's calls if no model of the API signed any of them: the API requires no more.
    private mutating func sign(_ index: Int) {
        let parts = turns[index].parts
        guard !parts.contains(where: \.isSigned), let place = parts.firstIndex(where: { $0.kind == .call }),
            let call = parts[place].portable
        else { return }
        turns[index].parts[place].json = GeminiPartWriter.call(
            call, name: parts[place].name ?? "", signature: GeminiPartWriter.skippedSignature)
    }
}

extension GeminiOutgoing {
    fileprivate func omission(_ reason: String) -> Omission {
        Omission(message: message, part: part, reason: reason)
    }
}
