import Testing

@testable import ChatStoragePostgres

/// Many processes that lost the same server do not come back at the same moment.
struct ConnectBackoffTests {
    @Test func jitterShortensADelayByUpToAHalf() throws {
        let now = ContinuousClock.now
        for jitter in [0.5, 0.625, 0.75, 1] {
            var backoff = ConnectBackoff()
            backoff.failed(now: now, jitter: jitter)
            #expect(backoff.nextAttempt == now + ConnectBackoff.shortest * jitter)
            // It also shortens the next delay, which is twice as long before jitter.
            let second = try #require(backoff.nextAttempt)
            backoff.failed(now: second, jitter: jitter)
            #expect(backoff.nextAttempt == second + ConnectBackoff.shortest * 2 * jitter)
        }
    }

    @Test func jitterIsRandomUnlessATestSaysIt() throws {
        let now = ContinuousClock.now
        let delays = try (0..<100).map { _ in
            var backoff = ConnectBackoff()
            backoff.failed(now: now)
            return try #require(backoff.nextAttempt) - now
        }
        #expect(Set(delays).count > 50)
        #expect(delays.allSatisfy { $0 >= ConnectBackoff.shortest / 2 && $0 <= ConnectBackoff.shortest })
    }
}
