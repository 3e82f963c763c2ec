import ChatStoragePostgres
import ChatStorageSQLite

/// The settings of a kind of store.
struct Settings<Configuration>: Sendable {
    let list: [Setting<Configuration>]
}

extension Settings<SQLiteBackend.Configuration> {
    static let all = Settings(list: [
        .choice("sqlite.access", \.access, of: [("read-write", .readWrite), ("immutable", .immutable)]),
        .choice("sqlite.journalMode", \.journalMode, of: [("wal", .wal), ("delete", .delete)]),
        .choice("sqlite.durability", \.durability, of: [("power-loss", .powerLoss), ("process-end", .processEnd)]),
        .bool("sqlite.erasesDeletedText", \.erasesDeletedText),
        .seconds("sqlite.busyTimeout", \.busyTimeout),
        .int("sqlite.readers", \.readers),
        .int("sqlite.waitingCalls", \.waitingCalls),
    ])
}

extension Settings<PostgresBackend.Configuration> {
    static let all = Settings(list: [
        .string("postgres.schema", \.schema),
        .choice(
            "postgres.tls", \.tls,
            of: [
                ("disable", .disable), ("allow", .allow), ("prefer", .prefer), ("require", .require),
                ("verify-ca", .verifyCA), ("verify-full", .verifyFull),
            ]),
        .bool("postgres.isBehindPooler", \.isBehindPooler),
        .bool("postgres.mergesAppends", \.mergesAppends),
        .int("postgres.connections", \.connections),
        .seconds("postgres.connectTimeout", \.connectTimeout, atLeast: 2),
        .seconds("postgres.callTimeout", \.callTimeout, atLeast: 0.001),
        .seconds("postgres.statementTimeout", \.statementTimeout),
        .seconds("postgres.lockTimeout", \.lockTimeout),
        .int("postgres.callsPerConnection", \.callsPerConnection),
        .int("postgres.bytesPerConnection", \.bytesPerConnection),
        .int("postgres.waitingCalls", \.waitingCalls),
    ])
}
