import ChatStorageCore
import ChatStorageSupport
import Testing

@testable import ChatStoragePostgres

/// Which conversations are written to alone, and which of them comes next.
@Suite struct SuspectsTests {
    @Test("a conversation is a suspect from a refused lock until a write succeeds")
    func aConversationIsOneFromARefused() {
        var suspects = Suspects(limitAtLength: 1)
        suspects.ended(key("a"), .done)
        suspects.ended(key("a"), .failed)
        #expect(!suspects.contains(key("a")))
        suspects.ended(key("a"), .locked)
        #expect(suspects.contains(key("a")) && !suspects.contains(key("b")))
        for outcome in [Suspects.Outcome.locked, .failed] {
            suspects.write(to: "a", outcome)
            #expect(suspects.contains(key("a")))
        }
        suspects.write(to: "a", .done)
        #expect(!suspects.contains(key("a")) && suspects.next == nil)
    }

    @Test func aWriteWaitsAtLengthOnceOneWasRefusedAlone() {
        var suspects = Suspects(limitAtLength: 1)
        suspects.ended(key("a"), .locked)
        // A failure that says nothing of the lock leaves it as it is.
        for outcome in [Suspects.Outcome.failed, .locked] {
            suspects.begin("a")
            #expect(!suspects.waitsAtLength(key("a")))
            suspects.ended(key("a"), outcome)
        }
        suspects.begin("a")
        #expect(suspects.waitsAtLength(key("a")))
        suspects.ended(key("a"), .failed)
        #expect(!suspects.waitsAtLength(key("a")))
    }

    @Test("suspects that are perhaps not locked go first; one more write can be under way than may wait at length")
    func whoMayBeNoneGoes() {
        var suspects = Suspects(limitAtLength: 2)
        for id in ["a", "b", "c", "d", "e"] { suspects.ended(key(id), .locked) }
        for id in ["a", "b", "c"] { suspects.write(to: id, .locked) }
        for id in ["a", "b", "c", "d", "e"] { suspects.enqueue(key(id)) }
        #expect(suspects.take() == "d")
        suspects.ended(key("d"), .done)
        #expect(suspects.take() == "e")
        #expect(suspects.take() == "a" && suspects.take() == "b" && suspects.take() == nil)
        suspects.ended(key("e"), .done)
        #expect(suspects.take() == nil)
        suspects.ended(key("b"), .done)
        #expect(suspects.take() == "c")
    }

    @Test func whoIsIdleIsForgottenForANewOneTheOldestFirst() {
        var suspects = Suspects(limitAtLength: 1)
        for number in 0..<Suspects.limit {
            suspects.ended(key("\(number)"), .locked)
            suspects.becameIdle(key("\(number)"))
        }
        #expect(suspects.idleCount == Suspects.limit)
        suspects.enqueue(key("0"))
        suspects.ended(key("new"), .locked)
        #expect(suspects.contains(key("0")) && !suspects.contains(key("1")) && suspects.contains(key("new")))
        #expect(suspects.idleCount == Suspects.limit - 2)
    }

    @Test func whereNoneIsIdleThereIsNoRoomForANewOne() {
        var suspects = Suspects(limitAtLength: 1)
        for number in 0..<Suspects.limit { suspects.ended(key("\(number)"), .locked) }
        suspects.ended(key("new"), .locked)
        #expect(!suspects.contains(key("new")))
    }

    @Test func whatNobodyWantsAnyMoreHasNoTurn() {
        var suspects = Suspects(limitAtLength: 1)
        for id in ["a", "b", "c"] { suspects.ended(key(id), .locked) }
        suspects.write(to: "c", .locked)
        for id in ["a", "b", "c"] { suspects.enqueue(key(id)) }
        suspects.leaveQueues([key("a"), key("c")])
        #expect(suspects.take() == "b" && suspects.next == nil)
        #expect(suspects.contains(key("a")) && suspects.contains(key("c")))
    }
}

private func key(_ id: String) -> ConversationKey { ConversationKey(tenant: "", id: ConversationID(id)) }

extension Suspects {
    /// Takes whose turn it is and begins to write to it; nil when nobody's.
    fileprivate mutating func take() -> String? {
        guard let key = popNext() else { return nil }
        began(key)
        return key.id.rawValue
    }

    fileprivate mutating func begin(_ id: String) {
        enqueue(key(id))
        #expect(take() == id)
    }

    fileprivate mutating func write(to id: String, _ outcome: Outcome) {
        begin(id)
        ended(key(id), outcome)
    }
}
