import ChatStorageCore

/// The checks of the storage contract, and how they are run.
///
/// ```swift
/// @Test(arguments: ConformanceSuite.checks)
/// func conforms(_ check: Check) async {
///     let result = await ConformanceSuite.run(check, on: MyHarness())
///     #expect(!result.isFailure, "\(result)")
/// }
/// ```
public enum ConformanceSuite {
    /// All checks, those of the harness first.
    public static let checks: [Check] =
        Check.harness + Check.text + Check.titlesAndTenants + Check.contents + Check.roles + Check.sequences
        + Check.listing + Check.times + Check.cascade + Check.appends + Check.creation + Check.restoring
        + Check.cancellation + Check.concurrency + Check.limits + Check.messagePages + Check.conversationPages
        + Check.tenants + Check.errors + Check.closing + Check.schema + Check.durability + Check.randomCalls
        + Check.linearisability + Check.contention + Check.scale

    /// Runs a check on a store of its own.
    ///
    /// - Parameters:
    ///   - check: The check.
    ///   - harness: Makes the store.
    ///   - seed: Determines the check's random numbers.
    ///   - randomCalls: How many calls the check of random calls makes.
    ///   - timeLimit: When the check has failed if it has not ended.
    public static func run(
        _ check: Check, on harness: any ConformanceHarness, seed: UInt64 = .random(in: 0...(.max)),
        randomCalls: Int = 1_000, timeLimit: Duration = .seconds(120)
    ) async -> CheckResult {
        let recorder = CallRecorder()
        let start = ContinuousClock.now
        let outcome = await Self.outcome(within: timeLimit) {
            await Self.outcome(of: check, on: harness, seed: seed, randomCalls: randomCalls, recorder: recorder)
        }
        return CheckResult(
            check: check, backend: harness.name, outcome: outcome, duration: ContinuousClock.now - start, seed: seed,
            calls: recorder.lines, command: harness.command(toRun: check.id, seed: seed))
    }

    /// Runs checks one after the other, those of the harness first; when one of these fails the others are skipped.
    ///
    /// - Parameters:
    ///   - checks: Which ones; a run of fewer than all is never a full pass.
    ///   - harness: Makes the stores.
    ///   - seed: Determines the random numbers of all checks.
    ///   - progress: Gets each result as it comes.
    public static func run(
        _ checks: [Check] = checks, on harness: any ConformanceHarness, seed: UInt64 = .random(in: 0...(.max)),
        progress: (CheckResult) -> Void = { _ in }
    ) async -> ConformanceReport {
        var report = ConformanceReport(backend: harness.name)
        for check in checks.filter(\.isAboutHarness) + checks.filter({ !$0.isAboutHarness }) {
            let result =
                if !check.isAboutHarness, report.hasHarnessFailure {
                    CheckResult(
                        check: check, backend: harness.name, outcome: .skipped(reason: "the harness's checks failed"),
                        duration: .zero, seed: seed, calls: [], command: nil)
                } else {
                    await run(check, on: harness, seed: seed)
                }
            report.add(result)
            progress(result)
        }
        return report
    }

    private static func outcome(
        of check: Check, on harness: any ConformanceHarness, seed: UInt64, randomCalls: Int, recorder: CallRecorder
    ) async -> CheckResult.Outcome {
        do {
            let store = try await harness.makeStore()
            let context = CheckContext(
                harness: harness, store: store, recorder: recorder, seed: seed, randomCalls: randomCalls)
            if let reason = try await reasonNotToRun(check, in: context) {
                await context.end()
                return .notApplicable(reason: reason)
            }
            var missing: MissingFromHarness?
            do {
                try await check.body(context)
            } catch is CheckStopped {
                // Its failure is recorded.
            } catch let error as MissingFromHarness {
                missing = error
            } catch {
                context.record(CheckFailure("the check's calls succeed", actual: "threw \(error)"))
            }
            await context.end()
            guard context.failures.isEmpty else { return .failed(context.failures) }
            return missing.map { .skipped(reason: "\($0)") } ?? .passed
        } catch {
            return .failed([CheckFailure("the harness makes a store", actual: "threw \(error)")])
        }
    }

    private static func reasonNotToRun(_ check: Check, in context: CheckContext) async throws -> String? {
        guard !check.needs.isEmpty else { return nil }
        let capabilities = try await context.openUnprepared().capabilities
        return check.needs.lazy.compactMap {
            $0.reasonNotToRun(capabilities: capabilities, ownsStore: context.ownsStore)
        }.first
    }

    /// A body that does not end is left behind: nothing in Swift can stop it.
    private static func outcome(
        within timeLimit: Duration, of body: @escaping @Sendable () async -> CheckResult.Outcome
    ) async -> CheckResult.Outcome {
        let (outcomes, continuation) = AsyncStream.makeStream(of: CheckResult.Outcome.self)
        let work = Task { continuation.yield(await body()) }
        let timer = Task {
            try await Task.sleep(for: timeLimit)
            continuation.yield(.failed([CheckFailure("the check ends within \(timeLimit)")]))
        }
        defer {
            work.cancel()
            timer.cancel()
        }
        for await outcome in outcomes { return outcome }
        return .failed([CheckFailure("the check is not cancelled")])
    }
}
