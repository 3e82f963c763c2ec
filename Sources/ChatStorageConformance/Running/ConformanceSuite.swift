import ChatStorageCore

/// The checks of the storage contract, and the functions that run them.
///
/// With Swift Testing, use the library `ChatStorageConformanceTesting`:
///
/// ```swift
/// @Test(arguments: ConformanceSuite.checks)
/// func conforms(_ check: Check) async {
///     await expectConformance(check, of: MyHarness())
/// }
/// ```
///
/// Anywhere else, such as in an XCTest case or a program:
///
/// ```swift
/// let report = await ConformanceSuite.run(on: MyHarness())
/// XCTAssert(report.isFullPass, "\(report)")
/// ```
public enum ConformanceSuite {
    /// All checks, those of the harness first.
    public static let checks: [Check] =
        Check.harness + Check.text + Check.titlesAndTenants + Check.contents + Check.codedValues
        + Check.parts + Check.metadata + Check.roles + Check.roleSets + Check.sequences
        + Check.listing + Check.times + Check.cascade + Check.appends + Check.conditions
        + Check.keys + Check.keyRaces + Check.branches + Check.branchReads + Check.removals + Check.answers
        + Check.writers + Check.creation
        + Check.restoring + Check.snapshots
        + Check.cancellation + Check.readers + Check.concurrency + Check.limits + Check.messagePages
        + Check.conversationPages + Check.labels + Check.sidebar + Check.tenants + Check.administration
        + Check.hostileText + Check.errors + Check.closing + Check.schema
        + Check.durability + Check.absence + Check.randomCalls + Check.linearisability + Check.contention + Check.scale

    /// Runs a check on a store of its own.
    ///
    /// - Parameters:
    ///   - check: The check.
    ///   - harness: Makes the store.
    ///   - waivers: Declared exceptions; those of other checks are ignored.
    ///   - seed: Determines the check's random numbers.
    ///   - randomCalls: How many calls the check of random calls makes, 1 or more; with fewer it fails.
    ///   - timeLimit: How long the check may take before it has failed; nil means ``Check/timeLimit``.
    ///   - underWay: Gets the check and its running time: zero at the beginning, then about every second, and never
    ///     after the result is there.
    /// - Returns: The result; if the task is cancelled, the check is skipped.
    public static func run(
        _ check: Check, on harness: any ConformanceHarness, waivers: [Waiver] = [],
        seed: UInt64 = .random(in: 0...(.max)), randomCalls: Int = 1_000, timeLimit: Duration? = nil,
        underWay: @escaping @Sendable (Check, Duration) async -> Void = { _, _ in }
    ) async -> CheckResult {
        let recorder = CallRecorder()
        let failures = FailureRecorder()
        await underWay(check, .zero)
        let start = ContinuousClock.now
        let ticks = Task(priority: .high) {
            while true {
                try await Task.sleep(for: .seconds(1))
                await underWay(check, ContinuousClock.now - start)
            }
        }
        let limit = timeLimit ?? check.timeLimit(randomCalls: randomCalls)
        var outcome = await Self.outcome(within: limit, or: failures) {
            await Self.outcome(
                of: check, on: harness, seed: seed, randomCalls: randomCalls, recorder: recorder, failures: failures)
        }
        ticks.cancel()
        _ = await ticks.result
        // Calls are kept only for failed checks, even if a waiver says that this one should have failed.
        let calls = outcome.failures.isEmpty ? [] : recorder.lines
        if let waiver = waivers.first(where: { $0.checkID == check.id }) { outcome = outcome.waived(by: waiver) }
        return CheckResult(
            check: check, backend: harness.name, outcome: outcome, duration: ContinuousClock.now - start, seed: seed,
            calls: calls, command: harness.command(toRun: check.id, seed: seed))
    }

    /// Runs checks one after the other, those of the harness first; if one of these fails, the others are skipped.
    ///
    /// When the task is cancelled, the current check and those after it are skipped.
    ///
    /// - Parameters:
    ///   - checks: The checks to run; a run of fewer than all is never a full pass.
    ///   - harness: Makes the stores.
    ///   - waivers: Declared exceptions.
    ///   - seed: Determines the random numbers of all checks.
    ///   - randomCalls: How many calls the check of random calls makes, 1 or more; with fewer it fails.
    ///   - progress: Gets each result as it comes.
    ///   - underWay: Gets the current check and its running time: zero at the beginning, then about every second.
    public static func run(
        _ checks: [Check] = checks, on harness: any ConformanceHarness, waivers: [Waiver] = [],
        seed: UInt64 = .random(in: 0...(.max)), randomCalls: Int = 1_000,
        progress: (CheckResult) async -> Void = { _ in },
        underWay: @escaping @Sendable (Check, Duration) async -> Void = { _, _ in }
    ) async -> ConformanceReport {
        var report = ConformanceReport(backend: harness.name, seed: seed, waivers: waivers)
        for check in checks.filter(\.isAboutHarness) + checks.filter({ !$0.isAboutHarness }) {
            let result: CheckResult
            if Task.isCancelled {
                result = skipped(check, on: harness, seed: seed, reason: interrupted)
            } else if !check.isAboutHarness, report.hasHarnessFailure {
                result = skippedAfterHarnessFailure(check, on: harness, seed: seed)
            } else {
                result = await run(
                    check, on: harness, waivers: waivers, seed: seed, randomCalls: randomCalls, underWay: underWay)
            }
            report.add(result)
            await progress(result)
        }
        return report
    }

    /// The result of a check that is not run because the harness's checks failed, so that its result would mean
    /// nothing.
    package static func skippedAfterHarnessFailure(
        _ check: Check, on harness: any ConformanceHarness, seed: UInt64
    ) -> CheckResult {
        skipped(check, on: harness, seed: seed, reason: "the harness's checks failed")
    }

    private static let interrupted = "the run was interrupted"

    private static func skipped(
        _ check: Check, on harness: any ConformanceHarness, seed: UInt64, reason: String
    ) -> CheckResult {
        CheckResult(
            check: check, backend: harness.name, outcome: .skipped(reason: reason), duration: .zero, seed: seed,
            calls: [], command: nil)
    }

    private static func outcome(
        of check: Check, on harness: any ConformanceHarness, seed: UInt64, randomCalls: Int, recorder: CallRecorder,
        failures: FailureRecorder
    ) async -> CheckResult.Outcome {
        let store: any ConformanceStore
        do {
            store = try await harness.makeStore()
        } catch {
            return .failed([CheckFailure("the harness makes a store", actual: "threw \(error)")])
        }
        let context = CheckContext(
            harness: harness, store: store, recorder: recorder, failures: failures, seed: seed,
            randomCalls: randomCalls)
        let endedEarly = await endOfBody(of: check, in: context)
        await context.end()
        guard context.failures.isEmpty else { return .failed(context.failures) }
        return endedEarly ?? .passed
    }

    /// Runs a check's body and records its error; returns an outcome if the body did not reach its end.
    private static func endOfBody(of check: Check, in context: CheckContext) async -> CheckResult.Outcome? {
        do {
            if let reason = try await reasonNotToRun(check, in: context) { return .notApplicable(reason: reason) }
            try await check.body(context)
        } catch is CheckStopped {
            // Its failure is already recorded.
        } catch let error as MissingFromHarness {
            return .skipped(reason: "\(error)")
        } catch let error as CheckDoesNotApply {
            return .notApplicable(reason: error.reason)
        } catch {
            context.record(CheckFailure("the check's calls succeed", actual: "threw \(error)"))
        }
        return nil
    }

    private static func reasonNotToRun(_ check: Check, in context: CheckContext) async throws -> String? {
        guard !check.needs.isEmpty else { return nil }
        let capabilities = try await context.openUnprepared().capabilities
        return check.needs.lazy.compactMap {
            $0.reasonNotToRun(capabilities: capabilities, ownsStore: context.ownsStore)
        }.first
    }

    /// Runs a body up to its time limit, then abandons it and keeps its failures so far: Swift cannot stop a task.
    private static func outcome(
        within timeLimit: Duration, or failures: FailureRecorder,
        of body: @escaping @Sendable () async -> CheckResult.Outcome
    ) async -> CheckResult.Outcome {
        let (outcomes, continuation) = AsyncStream.makeStream(of: CheckResult.Outcome.self)
        let work = Task { continuation.yield(await body()) }
        let timer = Task {
            try await Task.sleep(for: timeLimit)
            continuation.yield(.failed(failures.failures + [CheckFailure("the check ends within \(timeLimit)")]))
        }
        defer {
            work.cancel()
            timer.cancel()
        }
        // The cancellation makes the body fail, which says nothing about the backend.
        for await outcome in outcomes where !Task.isCancelled { return outcome }
        return .skipped(reason: interrupted)
    }
}
