@testable import ChatStoragePostgres
import Testing

@Suite("A short busy wait") struct AdaptiveSpinTests {
    /// How often the condition is asked if it holds this many times and then no more.
    private func asked(_ spin: AdaptiveSpin, holding times: Int) -> Int {
        var count = 0
        let hasSpun = spin.wait {
            count += 1
            return count <= times
        }
        #expect(hasSpun == (count > 0))
        return count
    }

    @Test("it goes on until what it waits for has come")
    func comes() {
        let spin = AdaptiveSpin(longest: .max / 2)
        #expect(asked(spin, holding: 5) == 6)
        #expect(asked(spin, holding: 2) == 3)
    }

    @Test("after a wait in vain it does not wait again until an answer has come quickly")
    func inVain() {
        let spin = AdaptiveSpin(longest: 0)
        #expect(asked(spin, holding: .max) == 1)
        #expect(asked(spin, holding: .max) == 0)
        spin.note(nanoseconds: AdaptiveSpin.wakeTime + 1)
        #expect(asked(spin, holding: .max) == 0)
        spin.note(nanoseconds: AdaptiveSpin.wakeTime)
        #expect(asked(spin, holding: .max) == 1)
    }
}
