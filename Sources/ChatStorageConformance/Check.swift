public import ChatStorageCore

/// One thing that every backend must do, as a value that any test runner can run.
///
/// Checks come from ``ConformanceSuite/checks``. Pass them to a parameterised test, and run each with
/// ``ConformanceSuite/run(_:on:waivers:seed:randomCalls:timeLimit:underWay:)``.
public struct Check: Sendable, Identifiable, CustomStringConvertible {
    /// A condition for a check to apply.
    public enum Need: Sendable, Hashable {
        /// The backend declares these capabilities.
        case capability(Capabilities)
        /// The backend does not declare this capability; the check proves that it honestly lacks it.
        case absence(Capabilities)
        /// A store that is empty and not prepared yet; tenants of its own in a store in use are not enough.
        case ownStore
    }

    /// The check's permanent name: group, subject and case, such as `order.sequence.concurrent-writers`.
    public let id: String
    /// The rules of the contract that it proves.
    public let rules: [Rule]
    /// What goes wrong for an app when the check fails, in one sentence.
    public let reason: String
    /// The conditions for the check to apply.
    public let needs: [Need]
    /// How long the check may run before it counts as failed: far longer than it needs, two minutes for most.
    ///
    /// The check of random calls gets another twentieth of a second for each call.
    public let timeLimit: Duration

    /// The additional time for each random call.
    let timePerRandomCall: Duration
    let body: @Sendable (CheckContext) async throws -> Void

    package init(
        _ id: String, _ rules: Rule..., needs: [Need] = [], timeLimit: Duration = .seconds(120),
        timePerRandomCall: Duration = .zero, why reason: String,
        body: @escaping @Sendable (CheckContext) async throws -> Void
    ) {
        self.init(
            id, rules: rules, needs: needs, timeLimit: timeLimit, timePerRandomCall: timePerRandomCall, why: reason,
            body: body)
    }

    init(
        _ id: String, rules: [Rule], needs: [Need] = [], timeLimit: Duration = .seconds(120),
        timePerRandomCall: Duration = .zero, why reason: String,
        body: @escaping @Sendable (CheckContext) async throws -> Void
    ) {
        self.id = id
        self.rules = rules
        self.reason = reason
        self.needs = needs
        self.timeLimit = timeLimit
        self.timePerRandomCall = timePerRandomCall
        self.body = body
    }

    /// The check's id.
    public var description: String { id }

    /// The time limit in a run with this number of random calls.
    func timeLimit(randomCalls: Int) -> Duration { timeLimit + timePerRandomCall * max(0, randomCalls) }

    /// Whether the check is about the harness itself; such checks run first.
    public var isAboutHarness: Bool { id.hasPrefix("harness.") }
}

extension Check.Need {
    /// Why a check with this need does not apply to such a store; nil if it applies.
    func reasonNotToRun(capabilities: Capabilities, ownsStore: Bool) -> String? {
        switch self {
        case .capability(let needed) where !capabilities.isSuperset(of: needed):
            "the backend does not declare \(needed.subtracting(capabilities).names)"
        case .absence(let capability) where capabilities.isSuperset(of: capability):
            "the backend declares \(capability.names)"
        case .ownStore where !ownsStore:
            "it needs a store of its own, and this one can hold other data"
        default:
            nil
        }
    }
}

extension Capabilities {
    /// The names of the capabilities in the set, as they are written in Swift.
    var names: String {
        let all: [(Capabilities, String)] = [
            (.durable, "durable"), (.multiProcess, "multiProcess"), (.engineConstraints, "engineConstraints"),
            (.versionedSchema, "versionedSchema"), (.snapshots, "snapshots"),
        ]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}
