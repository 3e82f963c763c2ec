import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Versions that no library has, to prove the machinery by.
extension SchemaVersion {
    /// What a next version may bring: columns, and indexes on tables that are in use.
    static let languages = SchemaVersion(
        minimumVersion: 1, indexes: ["chat_messages_language", "conversations_language"]
    ) { schema in
        [
            ["ALTER TABLE \(schema).chat_messages ADD COLUMN IF NOT EXISTS language text COLLATE \"C\""],
            [
                """
                CREATE INDEX IF NOT EXISTS chat_messages_language ON \(schema).chat_messages (tenant, language)
                WHERE language IS NOT NULL
                """
            ],
            [
                "ALTER TABLE \(schema).conversations ADD COLUMN IF NOT EXISTS language text NOT NULL DEFAULT 'en'",
                """
                CREATE INDEX IF NOT EXISTS conversations_language ON \(schema).conversations (tenant, language)
                """,
            ],
        ]
    }

    /// The one after it.
    static let colors = SchemaVersion(minimumVersion: 1) { schema in
        [["ALTER TABLE \(schema).conversations ADD COLUMN IF NOT EXISTS color text"]]
    }

    /// One whose tables the libraries before cannot use.
    static let withoutKeys = SchemaVersion(minimumVersion: 2) { schema in
        [["ALTER TABLE \(schema).chat_messages DROP COLUMN IF EXISTS message_key"]]
    }

    /// The same, which fails half-way.
    static let halfWithoutKeys = SchemaVersion(minimumVersion: 2) { schema in
        [
            ["ALTER TABLE \(schema).chat_messages DROP COLUMN IF EXISTS message_key"],
            ["ALTER TABLE \(schema).nothing_of_this_name ADD COLUMN x text"],
        ]
    }
}

/// A backend as a library with more versions of the schema would open it.
func open(_ url: String, _ schema: String, and next: SchemaVersion...) async throws -> PostgresBackend {
    var configuration = configuration(url, schema)
    configuration.connections = 2
    return try await PostgresBackend(configuration, versions: SchemaVersion.all + next)
}

/// The recorded version of a schema, and the lowest that may use it.
func versions(_ schema: String) async throws -> [[String?]] {
    try await TestPostgres.execute(
        "SELECT schema_version, minimum_schema_version FROM \(schema).chat_storage_schema")
}
