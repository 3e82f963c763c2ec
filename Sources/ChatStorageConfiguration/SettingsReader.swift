import ChatStorageCore
import Configuration

/// Reads settings below a key, and names the whole key in errors.
struct SettingsReader {
    private let config: ConfigReader
    private let scope: String

    init(_ config: ConfigReader, under scope: ConfigKey) {
        self.config = scope.components.isEmpty ? config : config.scoped(to: scope)
        self.scope = scope.components.map { "\($0)." }.joined()
    }

    func string(_ key: String, isSecret: Bool = false) async throws -> String? {
        try await read(key, "text") { try await config.fetchString(forKey: ConfigKey(key), isSecret: isSecret) }
    }

    func bool(_ key: String) async throws -> Bool? {
        try await read(key, "true or false") { try await config.fetchBool(forKey: ConfigKey(key)) }
    }

    func int(_ key: String) async throws -> Int? {
        guard let value = try await read(key, "an integer", { try await config.fetchInt(forKey: ConfigKey(key)) })
        else { return nil }
        guard value >= 1 else { throw problem(key, "is \(value); it must be 1 or more") }
        return value
    }

    /// A number of seconds, which can have decimals.
    func seconds(_ key: String, atLeast least: Double) async throws -> Duration? {
        let value = try await read(key, "a number of seconds") { try await config.fetchDouble(forKey: ConfigKey(key)) }
        guard let value else { return nil }
        // The comparisons are false for NaN.
        guard value >= least, value <= 1e9 else { throw problem(key, "must be \(least) to 1e9 seconds") }
        return .seconds(value)
    }

    func choice<Value>(_ key: String, of choices: [(String, Value)]) async throws -> Value? {
        guard let name = try await string(key) else { return nil }
        guard let (_, value) = choices.first(where: { $0.0 == name }) else {
            throw problem(key, "must be one of \(choices.map(\.0).joined(separator: ", "))")
        }
        return value
    }

    /// An error about a key; it never quotes configured text.
    func problem(_ key: String, _ problem: String) -> ChatStorageError {
        ChatStorageError(.invalidArgument, "the configuration's \(scope)\(key) \(problem)")
    }

    private func read<Value>(
        _ key: String, _ expected: String, _ body: () async throws -> Value?
    ) async throws -> Value? {
        do {
            return try await body()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // The library's own error can quote the value.
            throw problem(key, "cannot be read as \(expected)")
        }
    }
}
