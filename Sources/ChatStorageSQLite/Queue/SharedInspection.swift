import ChatStorageCore
import ChatStorageSupport

/// Inspects a file's schema, once for all calls that ask at the same time.
struct SharedInspection {
    private let configuration: StoreSettings
    private let thread = SerialThread()
    private let inspections: SingleFlight<Schema.State>

    init(_ configuration: StoreSettings) {
        self.configuration = configuration
        inspections = SingleFlight(limit: configuration.waitingCalls, waitingFor: "the schema")
    }

    /// The file's schema, read by a connection that changes nothing.
    func result() async throws -> Schema.State {
        do {
            return try await inspections.value(acceptingEarlier: { $0 == .current }) { [configuration, thread] in
                try await thread.run { try Self.inspect(configuration) }
            }
        } catch let refusal as QueueRefusal {
            throw ChatStorageError(refusal)
        } catch let failure as SQLiteFailure {
            throw failure.error
        }
    }

    /// Ends the calls that wait, and returns when no inspection is under way.
    func close() async {
        await inspections.close()
    }

    private static func inspect(_ configuration: StoreSettings) throws -> Schema.State {
        do {
            return try configuration.schema.inspect(Database(configuration, for: .inspecting))
        } catch let failure as SQLiteFailure where failure.needsRecovery {
            // A process ended in mid-transaction. Rolling that back restores the last commit, and changes nothing else.
            return try configuration.schema.inspect(Database(configuration, for: .reading))
        }
    }
}
