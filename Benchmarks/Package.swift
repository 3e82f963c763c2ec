// swift-tools-version: 6.1

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "ChatStorage", path: "../"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        // The peer on SQLite, and the module of SQLite's C library for the limit.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Calls of one operation, to be counted by a profiler.
        .executableTarget(
            name: "CallCost",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ChatStorageCore", package: "ChatStorage"),
                .product(name: "ChatStorageInMemory", package: "ChatStorage"),
                .product(name: "ChatStoragePostgres", package: "ChatStorage"),
                .product(name: "ChatStorageSQLite", package: "ChatStorage"),
            ],
            swiftSettings: settings),

        .systemLibrary(name: "CAllocator"),

        // The library beside what it is built on, in one run.
        .executableTarget(
            name: "Comparison",
            dependencies: [
                "CAllocator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ChatStorageCore", package: "ChatStorage"),
                .product(name: "ChatStorageInMemory", package: "ChatStorage"),
                .product(name: "ChatStoragePostgres", package: "ChatStorage"),
                .product(name: "ChatStorageProviders", package: "ChatStorage"),
                .product(name: "ChatStorageSQLite", package: "ChatStorage"),
                .product(name: "ChatStorageTransfer", package: "ChatStorage"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
    ]
)
