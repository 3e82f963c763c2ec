/// A key of one kind of store, and the setting that its value changes.
struct Setting<Configuration>: Sendable {
    let key: String
    /// Reads the value and sets it; returns whether there was one.
    let apply: @Sendable (SettingsReader, inout Configuration) async throws -> Bool

    private init<Value>(
        _ key: String, _ path: any WritableKeyPath<Configuration, Value> & Sendable,
        _ read: @escaping @Sendable (SettingsReader, String) async throws -> Value?
    ) {
        self.key = key
        apply = { reader, configuration in
            guard let value = try await read(reader, key) else { return false }
            configuration[keyPath: path] = value
            return true
        }
    }

    static func int(_ key: String, _ path: any WritableKeyPath<Configuration, Int> & Sendable) -> Setting {
        Setting(key, path) { try await $0.int($1) }
    }

    static func bool(_ key: String, _ path: any WritableKeyPath<Configuration, Bool> & Sendable) -> Setting {
        Setting(key, path) { try await $0.bool($1) }
    }

    static func seconds(
        _ key: String, _ path: any WritableKeyPath<Configuration, Duration> & Sendable, atLeast least: Double = 0
    ) -> Setting {
        Setting(key, path) { try await $0.seconds($1, atLeast: least) }
    }

    static func string(_ key: String, _ path: any WritableKeyPath<Configuration, String?> & Sendable) -> Setting {
        Setting(key, path) { reader, key in try await reader.string(key).map(Optional.some) }
    }

    static func choice<Value: Sendable>(
        _ key: String, _ path: any WritableKeyPath<Configuration, Value> & Sendable, of choices: [(String, Value)]
    ) -> Setting {
        Setting(key, path) { try await $0.choice($1, of: choices) }
    }
}
