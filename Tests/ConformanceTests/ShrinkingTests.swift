import ChatStorageConformance
import Testing

/// What is left of a failing sequence.
@Suite struct ShrinkingTests {
    @Test(arguments: [[3], [0, 99], [17, 18, 60], Array(40..<50)])
    func exactlyWhatFailsIsLeft(_ needed: [Int]) async {
        let left = await shrunk(Array(0..<100), attempts: 2_000) { part in needed.allSatisfy(part.contains) }
        #expect(left == needed)
    }

    @Test func whatBecomesDispensableLaterGoesToo() async {
        // 5 is needed only while 50 is there.
        let left = await shrunk(Array(0..<100), attempts: 2_000) { part in
            part.contains(7) && (!part.contains(50) || part.contains(5))
        }
        #expect(left == [7])
    }

    @Test func theAttemptsAreLimited() async {
        var attempts = 0
        let left = await shrunk(Array(0..<100), attempts: 10) { _ in
            attempts += 1
            return false
        }
        #expect(attempts == 10)
        #expect(left.count == 100)
    }
}
