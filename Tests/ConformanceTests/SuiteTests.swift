import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import Foundation
import TestSupport
import Testing

/// The suite and its runner themselves.
@Suite struct SuiteTests {
    @Test func everyRuleHasACheck() {
        let proven = Set(ConformanceSuite.checks.flatMap(\.rules))
        #expect(Rule.allCases.filter { !proven.contains($0) } == [])
    }

    /// Rules that the contract only keeps a name for have no line of their own there, and no check.
    @Test func theRulesAreThoseOfTheContract() throws {
        let contract = try String(
            contentsOf: TestedPackage.url(of: "Sources/ChatStorageCore/Documentation.docc/Contract.md"),
            encoding: .utf8)
        let rules = contract.matches(of: /(?m)^- \*\*([A-Z][0-9]+)\*\*:/).map { String($0.1) }
        #expect(rules.sorted() == Rule.allCases.map(\.rawValue).sorted())
    }

    @Test(arguments: ConformanceSuite.checks)
    func everyCheckProvesARuleAndSaysWhy(_ check: Check) {
        #expect(!check.rules.isEmpty)
        #expect(Set(check.rules).count == check.rules.count)
        #expect(check.reason.hasSuffix(".") && check.reason.split(separator: " ").count >= 5, "\(check.reason)")
    }

    @Test func idsAreUniqueAndWellFormed() {
        let ids = ConformanceSuite.checks.map(\.id)
        #expect(Set(ids).count == ids.count)
        for id in ids { #expect(id.wholeMatch(of: /[a-z]+(\.[a-z0-9-]+){1,2}/) != nil, "\(id)") }
    }

    @Test func harnessChecksComeFirst() {
        let places = ConformanceSuite.checks.map(\.isAboutHarness)
        #expect(places.first == true)
        #expect(places == places.sorted { $0 && !$1 })
    }

    @Test func aFailureTellsAllThatIsNeededToFindIt() async {
        let check = Check("example.failure", .o1, .a6, why: "An example.") { context in
            let chats = try await context.open()
            try await chats.append(.user("caf\u{e9}"), to: "one")
            context.expect(try await chats.conversation("one")?.lastSequence, equals: 2, "two messages are there")
            await context.expectError(.conflict, "it is refused") { try await chats.createConversation("one") }
        }
        let result = await ConformanceSuite.run(check, on: InMemoryHarness(), seed: 42)
        #expect(result.isFailure)
        let text = "\(result)"
        for part in [
            "example.failure failed on memory", "contract O1: ", "contract A6: ", "why it matters: An example.",
            "expected that two messages are there (ConformanceTests/SuiteTests.swift:", "expected: 2", "actual:   1",
            "expected: conflict", "actual:   it threw conversationExists", "handle 1: prepare() returned",
            #"handle 1: append(["user" "caf\u{00E9}"], to: "one", if: .createIfMissing) returned"#,
            #"handle 1: conversation("one") returned "one" title nil"#, "seed: 42", "CHATSTORAGE_TEST_SEED=42",
            "CHATSTORAGE_TEST_CHECKS=example.failure",
        ] {
            #expect(text.contains(part), "\(part) is not in:\n\(text)")
        }
    }

    @Test func longTextsAreCutInReports() async {
        let check = Check("example.long", .t5, why: "An example.") { context in
            let chats = try await context.open()
            try await chats.append(.user(String(repeating: "x", count: 10_000)), to: "one")
            context.expect(false, "it fails")
        }
        #expect("\(await ConformanceSuite.run(check, on: InMemoryHarness()))".utf8.count < 2_000)
    }

    @Test func theSeedDeterminesTheRandomNumbers() async {
        let numbers = { @Sendable (seed: UInt64) async -> String in
            let check = Check("example.random", .t5, why: "An example.") { context in
                var random = context.random()
                context.expect(false, "it fails", actual: "\((0..<5).map { _ in random.next() })")
            }
            let result = await ConformanceSuite.run(check, on: InMemoryHarness(), seed: seed)
            guard case .failed(let failures) = result.outcome else { return "" }
            return failures.first?.actual ?? ""
        }
        #expect(await numbers(7) == numbers(7))
        #expect(await numbers(7) != numbers(8))
    }

    @Test func canonicallyEqualTextsAreNotEqual() async {
        let (composed, decomposed) = ("\u{e9}", "e\u{301}")
        let check = Check("example.canonical", .t5, why: "An example.") { context in
            context.expect(decomposed, equals: composed, "texts")
            context.expect(Optional(decomposed), equals: composed, "optional texts")
            context.expect([decomposed], equals: [composed], "lists of texts")
            context.expect(ChatMessage.user(decomposed), equals: .user(composed), "messages")
            context.expect([ChatMessage.user(decomposed)], equals: [.user(composed)], "lists of messages")
        }
        guard case .failed(let failures) = await ConformanceSuite.run(check, on: InMemoryHarness()).outcome else {
            Issue.record("it passed")
            return
        }
        #expect(
            failures.map(\.expectation)
                == ["texts", "optional texts", "lists of texts", "messages", "lists of messages"])
    }

    @Test func aCheckThatDoesNotEndFails() async {
        let check = Check("example.endless", .t5, why: "An example.") { _ in
            while true { try await Task.sleep(for: .seconds(3600)) }
        }
        let result = await ConformanceSuite.run(check, on: InMemoryHarness(), timeLimit: .milliseconds(20))
        #expect(result.isFailure)
        #expect("\(result)".contains("the check ends within"))
    }

    @Test func aCheckThatDoesNotEndKeepsWhatItFound() async {
        let check = Check("example.endless", .t5, why: "An example.") { context in
            context.expect(false, "it was found before")
            while true { try await Task.sleep(for: .seconds(3600)) }
        }
        let result = await ConformanceSuite.run(check, on: InMemoryHarness(), timeLimit: .milliseconds(20))
        #expect(result.failures.first?.expectation == "it was found before")
        #expect(result.failures.count == 2)
    }

    @Test(arguments: [0, -1, .min])
    func noRandomCallsAreNoPass(_ count: Int) async throws {
        let check = try #require(ConformanceSuite.checks.first { $0.id == "model.random-calls" })
        #expect(await ConformanceSuite.run(check, on: InMemoryHarness(), randomCalls: count).isFailure)
    }

    /// Only a store that holds other data can say that, and only of what is done past the library.
    @Test func aHarnessCannotDeclareChecksNotApplicable() async {
        for place in ExcusedHarness.Place.allCases {
            let harness = ExcusedHarness(place: place)
            let checks = ConformanceSuite.checks(matching: [place.checks])
            #expect(checks.count == 1, "\(place.checks) is no check")
            for check in checks {
                let result = await ConformanceSuite.run(check, on: harness)
                #expect(result.isFailure, "\(result)")
            }
        }
    }

    @Test("a handle that does not close does not keep the store from being removed")
    func aHandleThatDoesNotClose() async {
        let check = Check("example.closing", .e3, why: "An example.") { context in
            try await context.withFreshStore(handles: 1) { _ in context.expect(false, "it is told") }
        }
        let harness = MutantHarness(mutant: .throwsInClose)
        let result = await ConformanceSuite.run(check, on: harness)
        #expect(result.failures.first?.expectation == "it is told")
        #expect(result.failures.count == 2)
    }

    @Test func whatTheHarnessDoesNotOfferIsSkippedAndNoPass() async {
        let check = Check("example.missing", .e5, why: "An example.") { context in
            _ = try await context.contents()
        }
        let result = await ConformanceSuite.run(check, on: InMemoryHarness())
        guard case .skipped(let reason) = result.outcome else {
            Issue.record("\(result)")
            return
        }
        #expect(reason == "the harness does not offer a way to read the store's contents past the library")
    }

    @Test func onlyAWholeRunIsAFullPass() {
        let checks = ConformanceSuite.checks
        var report = ConformanceReport(backend: "example", seed: 1)
        for check in checks.dropLast() { report.add(.example(of: check, .passed)) }
        #expect(!report.isFullPass)
        #expect(report.summary.hasSuffix("(a part of the suite's \(checks.count) checks)"))
        for last in checks.suffix(1) {
            for (outcome, isFullPass) in [
                (.passed, true), (.notApplicable(reason: "an example"), true), (.skipped(reason: "an example"), false),
                (.failed([]), false),
            ] as [(CheckResult.Outcome, Bool)] {
                var whole = report
                whole.add(.example(of: last, outcome))
                #expect(whole.isFullPass == isFullPass, "\(outcome)")
            }
        }
    }

    @Test func whatDoesNotApplyIsNotRunAndSaysWhy() async {
        let needs: [(Check.Need, String)] = [
            (.capability([.durable, .multiProcess]), "the backend does not declare durable, multiProcess"),
            (.ownStore, "it needs a store of its own, and this one can hold other data"),
        ]
        for (need, reason) in needs {
            let check = Check("example.need", .d1, needs: [need], why: "An example.") { context in
                context.expect(false, "it does not run")
            }
            let result = await ConformanceSuite.run(check, on: SharedStoreHarness())
            #expect("\(result)" == "example.need does not apply to shared: \(reason)")
        }
    }

    @Test func checksAreSelectedByIDBeginningOrPattern() {
        let ids = { (patterns: String...) in ConformanceSuite.checks(matching: patterns).map(\.id) }
        #expect(ids("tenants.isolated") == ["tenants.isolated"])
        #expect(ids("harness.store") == ["harness.store.starts-empty", "harness.stores.isolated"])
        #expect(ids("tenants.is*") == ["tenants.isolated"])
        #expect(ids("*.isolated") == ["harness.stores.isolated", "tenants.isolated"])
        #expect(ids("*an*s.iso?ate*") == ["tenants.isolated"])
        #expect(ids("?enants.isolated") == ["tenants.isolated"])
        #expect(ids("*isolate") == [])
        #expect(ids("tenants.isolated?") == [])
        #expect(ids("*") == ConformanceSuite.checks.map(\.id))
        #expect(ids("tenants.isolated", "harness.store.") == ["harness.store.starts-empty", "tenants.isolated"])
        #expect(ids("nothing") == [])
    }

    @Test func aCancelledRunSkipsTheRestAndIsNoFullPass() async {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let endless = Check("example.endless", .t5, why: "An example.") { _ in
            start.yield()
            try await Task.sleep(for: .seconds(3600))
        }
        let next = Check("example.next", .t5, why: "An example.") { $0.expect(false, "it does not run") }
        let run = Task { await ConformanceSuite.run([endless, next], on: InMemoryHarness()) }
        for await _ in started { break }
        run.cancel()
        let report = await run.value
        #expect(!report.isFullPass)
        #expect(report.results.map(\.reason) == ["the run was interrupted", "the run was interrupted"])
    }

    @Test func aHarnessThatFailsItsChecksRunsNoOthers() async {
        let report = await ConformanceSuite.run(on: SharedStoreHarness())
        #expect(!report.isFullPass)
        for result in report.results where !result.check.isAboutHarness {
            guard case .skipped = result.outcome else {
                Issue.record("\(result.check) ran")
                continue
            }
        }
    }
}

/// A harness that always gives the same store, as one that holds other data, under the same tenants' names.
private struct SharedStoreHarness: ConformanceHarness {
    private let store = Store()

    let name = "shared"

    func makeStore() -> any ConformanceStore { store }

    private struct Store: ConformanceStore {
        let tenantPrefix = "conformance "

        private let backend = InterceptedBackend(InMemoryBackend(), interceptor: StaysOpen())

        func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: backend, count: count) }

        func reopen() -> any ChatStorageBackend { backend }

        func remove() {}
    }

    /// The store outlives the check's handles.
    private struct StaysOpen: StorageInterceptor {
        func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
            try await call.perform(on: base)
        }

        func close(_ base: any ChatStorageBackend) {}
    }
}

/// A harness that declares its own tasks not applicable.
private struct ExcusedHarness: ConformanceHarness {
    enum Place: CaseIterable {
        case making, opening, reopening, removing, lockingOut

        /// The ids of checks that reach the place.
        var checks: String {
            switch self {
            case .making, .opening, .removing: "tenants.isolated"
            case .reopening: "harness.reopen.forgets"
            case .lockingOut: "errors.locked-out"
            }
        }
    }

    let name = "excused"
    let place: Place

    func makeStore() throws -> any ConformanceStore {
        try excuse(.making)
        return Store(harness: self)
    }

    func excuse(_ place: Place) throws {
        if self.place == place { throw NotApplicableToStore("it is too much trouble") }
    }

    private struct Store: ConformanceStore {
        let harness: ExcusedHarness
        private let backend = InMemoryBackend()

        func handles(_ count: Int) throws -> [any ChatStorageBackend] {
            try harness.excuse(.opening)
            let backend: any ChatStorageBackend =
                harness.place == .lockingOut ? Declaring(base: backend, capabilities: .multiProcess) : backend
            return Array(repeating: backend, count: count)
        }

        func reopen() throws -> any ChatStorageBackend {
            try harness.excuse(.reopening)
            return InMemoryBackend()
        }

        func remove() throws { try harness.excuse(.removing) }

        func withWritersLockedOut(_ body: @Sendable (any ChatStorageBackend) async throws -> Void) throws {
            try harness.excuse(.lockingOut)
        }
    }

    private struct Declaring: ForwardingBackend {
        let base: InMemoryBackend
        let capabilities: Capabilities
    }
}
