import ChatStorageCore
import ChatStorageSupport

/// Blocks in turns of user and assistant, as the API takes them.
///
/// The next turn must begin with the results of all calls, and each result needs its call; otherwise the API refuses
/// the conversation from then on. Calls and results without a counterpart are left out.
struct Turns {
    private struct Turn {
        let isUsers: Bool
        var blocks: [OutgoingBlock]
    }

    private var turns: [Turn] = []

    /// Whether there are no blocks.
    var isEmpty: Bool { turns.isEmpty }

    /// The turns to send: the role and its blocks' JSON.
    var messages: [(role: String, blocks: [String])] {
        turns.map { (role: $0.isUsers ? "user" : "assistant", blocks: $0.blocks.map(\.json)) }
    }

    /// Adds a block at the end; successive blocks of one side make one turn, as the API wants it.
    mutating func append(_ block: OutgoingBlock, isUsers: Bool) {
        if turns.last?.isUsers == isUsers {
            turns[turns.count - 1].blocks.append(block)
        } else {
            turns.append(Turn(isUsers: isUsers, blocks: [block]))
        }
    }

    /// Removes what the API would refuse.
    mutating func settle() -> [Omission] {
        var omissions: [Omission] = []
        settleCalls(&omissions)
        settleServerCalls(&omissions)
        regroup()
        settleTexts(&omissions)
        regroup()
        for index in turns.indices where turns[index].isUsers {
            let blocks = turns[index].blocks
            turns[index].blocks = blocks.filter(\.isResult) + blocks.filter { !$0.isResult }
        }
        return omissions
    }

    /// Joins turns of one side again after removals between them.
    private mutating func regroup() {
        let old = turns
        turns = []
        for turn in old {
            for block in turn.blocks { append(block, isUsers: turn.isUsers) }
        }
    }

    // MARK: The app's tools

    private mutating func settleCalls(_ omissions: inout [Omission]) {
        var used: Set<UTF8Text> = []
        var open: [UTF8Text: String] = [:]
        for index in turns.indices {
            if turns[index].isUsers {
                keep(index, &omissions) { block in
                    guard block.isResult else { return nil }
                    guard let id = open.removeValue(forKey: UTF8Text(block.callID)) else {
                        return
                            "the result is left out: no call without a result comes right before it"
                    }
                    block.send(as: id)
                    return nil
                }
                open = [:]
            } else {
                let next = index + 1 < turns.count ? turns[index + 1].blocks : []
                let answered = Set(next.filter(\.isResult).map { UTF8Text($0.callID) })
                open = [:]
                keep(index, &omissions) { block in
                    guard block.isCall else { return nil }
                    let id = UTF8Text(block.callID)
                    guard answered.contains(id) else { return "the call is left out: no result follows right after it" }
                    guard open[id] == nil else { return "the call is left out: an earlier call has the same id" }
                    let sent = Self.unused(Self.allowed(block.callID), &used)
                    open[id] = sent
                    block.send(as: sent)
                    return nil
                }
            }
        }
    }

    /// The id with `_` for every character that the API refuses in one.
    private static func allowed(_ id: String) -> String {
        String(decoding: id.utf8.map { $0.isAllowedInID ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    }

    /// The id, or a similar one if an earlier call has it: some models start their ids again in each turn.
    private static func unused(_ id: String, _ used: inout Set<UTF8Text>) -> String {
        var (candidate, number) = (id, 2)
        while !used.insert(UTF8Text(candidate)).inserted {
            candidate = "\(id)_\(number)"
            number += 1
        }
        return candidate
    }

    // MARK: The server's tools

    /// Removes server calls without a result, except after the user's last words: the server continues those.
    private mutating func settleServerCalls(_ omissions: inout [Omission]) {
        let spoken = turns.lastIndex { $0.isUsers && $0.blocks.contains { !$0.isResult } } ?? -1
        var answered = Set(turns.flatMap(\.blocks).filter(\.isServerResult).map { UTF8Text($0.callID) })
        var called: Set<UTF8Text> = []
        for index in turns.indices where !turns[index].isUsers {
            keep(index, &omissions) { block in
                let id = UTF8Text(block.callID)
                if block.isServerResult {
                    return answered.remove(id) == nil ? "the result is left out: its call has a result already" : nil
                }
                guard block.isServerCall else { return nil }
                if !called.insert(id).inserted { return "the call is left out: an earlier call has the same id" }
                return answered.contains(id) || index > spoken
                    ? nil : "the server tool's call is left out: it has no result"
            }
        }
    }

    // MARK: Texts and thinking

    private mutating func settleTexts(_ omissions: inout [Omission]) {
        for index in turns.indices {
            let hasText = turns[index].blocks.contains {
                if case .text(isBlank: false) = $0.kind { true } else { false }
            }
            keep(index, &omissions) { block in
                guard case .text(isBlank: true) = block.kind, !hasText else { return nil }
                return "the text is left out: it is only white space, and the message has no other text"
            }
            while let block = turns[index].blocks.last, case .reasoning = block.kind {
                turns[index].blocks.removeLast()
                omissions.append(block.omission("the reasoning is left out: nothing follows it, which the API refuses"))
            }
        }
    }

    /// Keeps the blocks of a turn for which the closure returns no reason to leave them out.
    private mutating func keep(
        _ index: Int, _ omissions: inout [Omission], _ body: (inout OutgoingBlock) -> String?
    ) {
        var kept: [OutgoingBlock] = []
        for var block in turns[index].blocks {
            if let reason = body(&block) {
                omissions.append(block.omission(reason))
            } else {
                kept.append(block)
            }
        }
        turns[index].blocks = kept
    }
}

extension OutgoingBlock {
    fileprivate var isCall: Bool { if case .call = kind { true } else { false } }
    fileprivate var isResult: Bool { if case .result = kind { true } else { false } }
    fileprivate var isServerCall: Bool { if case .serverCall = kind { true } else { false } }

    fileprivate mutating func send(as id: String) {
        if !id.utf8.elementsEqual(callID.utf8) { rename(to: id) }
    }

    fileprivate func omission(_ reason: String) -> Omission {
        Omission(message: message, part: part, reason: reason)
    }
}

extension UInt8 {
    fileprivate var isAllowedInID: Bool {
        let letter = self | 0x20
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) || self == UInt8(ascii: "_")
            || self == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}
