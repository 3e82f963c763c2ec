import Testing

@testable import ChatStoragePostgres

/// What is known of requests when their connection is lost.
extension PipelineTests {
    @Test func withoutAWordFromTheServerWhatWasSentIsUnknown() {
        var pipeline = warm()
        pipeline.add(insert, for: "a")
        pipeline.add(insert, for: "b")
        pipeline.add(insert, for: "c")
        for _ in 1...5 { _ = pipeline.nextMessage() }
        // The third one's Sync is not sent; a single statement commits there.
        #expect(pipeline.losses() == ["a unknown", "b unknown", "c not applied"])
        #expect(pipeline.count == 0)
    }

    @Test func aTransactionWhoseCommitIsNotSentWasNotApplied() {
        var pipeline = warm()
        pipeline.add(clear, for: "a")
        for _ in 1...4 { _ = pipeline.nextMessage() }
        #expect(pipeline.losses() == ["a not applied"])
    }

    @Test("nothing after the request in which the server ended the session was applied")
    func nothingAfterTheRequest() {
        var pipeline = warm()
        pipeline.add(insert, for: "a")
        pipeline.add(insert, for: "b")
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.refusal(error("57P01", isFatal: true))]) == ["close"])
        #expect(pipeline.losses() == ["a not applied 57P01", "b not applied"])
    }

    @Test func aSessionThatEndsAfterTheRowsMayHaveCommitted() {
        var pipeline = warm()
        pipeline.add(insert, for: "a")
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.answer("row"), .end, .refusal(error("57P01", isFatal: true))]) == ["close"])
        #expect(pipeline.losses() == ["a unknown"])
    }

    @Test(
        "a session that ends in a transaction may have committed at its end",
        arguments: [(1, "a not applied 57P01"), (2, "a not applied 57P01"), (3, "a unknown")])
    func aSessionThatEndsInATransaction(answers: Int, loss: String) {
        var pipeline = warm()
        pipeline.add(clear, for: "a")
        _ = pipeline.sendAll()
        for _ in 0..<answers { _ = pipeline.receiveAll([.answer("ok"), .end]) }
        if answers == 3 { _ = pipeline.receiveAll([.sync]) }
        #expect(pipeline.receiveAll([.refusal(error("57P01", isFatal: true))]) == ["close"])
        #expect(pipeline.losses() == [loss])
    }

    @Test func whatWasRefusedBeforeTheLossStaysRefused() {
        var pipeline = warm()
        pipeline.add(insert, for: "a")
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.refusal(error("23514")), .end]) == [])
        #expect(pipeline.losses() == ["a refused 23514"])
    }

    @Test(arguments: [true, false])
    func aPoolersErrorIsNoProofThatASentWriteWasNotApplied(isFatal: Bool) {
        var pipeline = warm()
        pipeline.add(insert, for: "a")
        pipeline.add(insert, for: "b")
        pipeline.add(insert, for: "c")
        for _ in 1...5 { _ = pipeline.nextMessage() }
        _ = pipeline.receiveAll([.refusal(error("08P01", isFatal: isFatal))])
        // The pooler may have passed on the second one too; the third one's Sync was not sent.
        #expect(pipeline.losses() == ["a unknown", "b unknown", "c not applied"])
    }

    @Test(arguments: [true, false])
    func behindAPoolerNoErrorIsProofWithoutItsSync(isFatal: Bool) {
        var pipeline = TestPipeline(isBehindPooler: true)
        pipeline.add(insert, for: "a")
        pipeline.add(clear, for: "b")
        _ = pipeline.sendAll()
        _ = pipeline.receiveAll([.refusal(error("57P01", isFatal: isFatal))])
        #expect(pipeline.losses() == ["a unknown", "b not applied"])
    }

    @Test func whatAPoolerRefusedAndEndedWithItsSyncIsRefused() {
        var pipeline = TestPipeline(isBehindPooler: true)
        pipeline.add(insert, for: "a")
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.refusal(error("23514")), .end, .sync]) == ["a refused 23514"])
    }
}
