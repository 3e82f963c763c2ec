/// The conformance suite's access to a backend; the backend's author writes it.
///
/// Each check asks for a store of its own, so no check can affect another.
public protocol ConformanceHarness: Sendable {
    /// The backend's name in reports.
    var name: String { get }

    /// Makes a store that is empty, isolated from all others and not prepared.
    func makeStore() async throws -> any ConformanceStore

    /// The command that runs one check again, for reports; nil if there is none.
    ///
    /// - Parameters:
    ///   - checkID: The check's id.
    ///   - seed: The seed to run it with.
    func command(toRun checkID: String, seed: UInt64) -> String?
}

extension ConformanceHarness {
    /// No command.
    public func command(toRun checkID: String, seed: UInt64) -> String? { nil }
}
