/// The results of running checks on a backend.
public struct ConformanceReport: Sendable {
    /// The backend's name.
    public let backend: String
    /// The seed of the run's random numbers.
    public let seed: UInt64
    /// The declared exceptions.
    public let waivers: [Waiver]
    /// The results, in the order they came.
    public private(set) var results: [CheckResult] = []

    /// Starts a report without results.
    public init(backend: String, seed: UInt64, waivers: [Waiver] = []) {
        self.backend = backend
        self.seed = seed
        self.waivers = waivers
    }

    /// Adds a result.
    public mutating func add(_ result: CheckResult) {
        results.append(result)
    }

    /// Waivers for checks that the suite does not have; each of them fails the run.
    public var unknownWaivers: [Waiver] {
        let ids = Set(ConformanceSuite.checks.map(\.id) + results.map(\.check.id))
        return waivers.filter { !ids.contains($0.checkID) }
    }

    /// Whether only a part of the suite was run.
    public var isFiltered: Bool {
        !Set(results.map(\.check.id)).isSuperset(of: ConformanceSuite.checks.map(\.id))
    }

    /// Whether a check failed without a waiver, or a waiver is for no check of the suite.
    public var isFailure: Bool {
        !unknownWaivers.isEmpty || results.contains(where: \.isFailure)
    }

    /// Whether every check of the suite ran and passed, except those that do not bind the backend or the store.
    ///
    /// A run of a part of the suite is never a full pass, and neither is one in which a check was skipped or waived.
    public var isFullPass: Bool {
        let counts = counts
        return !isFiltered && !isFailure && counts.waived == 0 && counts.skipped == 0
    }

    /// How many checks had each outcome.
    public var counts: Counts {
        results.reduce(into: Counts()) { $0.add($1.outcome) }
    }

    /// Whether a check of the harness itself failed, so that the results of others mean nothing.
    package var hasHarnessFailure: Bool {
        results.contains { $0.check.isAboutHarness && $0.isFailure }
    }
}

extension ConformanceReport {
    /// How many checks had each outcome.
    public struct Counts: Sendable, Hashable, Codable {
        /// Checks whose expectations all held.
        public private(set) var passed = 0
        /// Checks with an expectation that did not hold.
        public private(set) var failed = 0
        /// Checks that failed, which a waiver accepts.
        public private(set) var waived = 0
        /// Checks that could not be run.
        public private(set) var skipped = 0
        /// Checks that do not bind the backend or the store.
        public private(set) var notApplicable = 0

        fileprivate mutating func add(_ outcome: CheckResult.Outcome) {
            switch outcome {
            case .passed: passed += 1
            case .failed: failed += 1
            case .waived: waived += 1
            case .skipped: skipped += 1
            case .notApplicable: notApplicable += 1
            }
        }
    }
}
