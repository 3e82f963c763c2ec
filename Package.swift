// swift-tools-version: 6.1

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let withServices: TargetDependencyCondition? = .when(traits: ["Services"])

let package = Package(
    name: "ChatStorage",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "ChatStorageCore", targets: ["ChatStorageCore"]),
        .library(name: "ChatStorageInMemory", targets: ["ChatStorageInMemory"]),
        .library(name: "ChatStorageSQLite", targets: ["ChatStorageSQLite"]),
        .library(name: "ChatStoragePostgres", targets: ["ChatStoragePostgres"]),
        .library(name: "ChatStorageConformance", targets: ["ChatStorageConformance"]),
        .library(name: "ChatStorageConformanceTesting", targets: ["ChatStorageConformanceTesting"]),
        .library(name: "ChatStorageProviders", targets: ["ChatStorageProviders"]),
        .library(name: "ChatStorageTransfer", targets: ["ChatStorageTransfer"]),
        .library(name: "ChatStorageBackends", targets: ["ChatStorageBackends"]),
        .library(name: "ChatStorageServices", targets: ["ChatStorageServices"]),
        .library(name: "ChatStorageConfiguration", targets: ["ChatStorageConfiguration"]),
        .executable(name: "chatstorage", targets: ["chatstorage"]),
    ],
    traits: [
        .trait(
            name: "Services",
            description: "The packages that ChatStorageServices and ChatStorageConfiguration are built on."),
        .default(enabledTraits: ["Services"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        // Only with the trait Services, without which they are not even fetched.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    ],
    targets: [
        // What the other targets share and no product shows. It is public: the compiler makes generic code for the
        // types of a caller in another module only if that code is public.
        .target(name: "ChatStorageSupport", swiftSettings: settings),
        // The one parser and writer of JSON, below the core, so that every target can have it.
        .target(name: "ChatStorageJSON", dependencies: ["ChatStorageSupport"], swiftSettings: settings),
        .target(
            name: "ChatStorageCore", dependencies: ["ChatStorageJSON", "ChatStorageSupport"], swiftSettings: settings),
        .target(
            name: "ChatStorageInMemory", dependencies: ["ChatStorageCore", "ChatStorageSupport"],
            swiftSettings: settings),

        // Apple's systems bring SQLite as the module `SQLite3`; elsewhere it is the system's libsqlite3.
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(
            name: "ChatStorageSQLite",
            dependencies: [
                "ChatStorageCore", "ChatStorageSupport",
                .target(name: "CSQLite", condition: .when(platforms: [.linux, .android])),
            ],
            swiftSettings: settings),

        .systemLibrary(
            name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(
            name: "ChatStoragePostgres", dependencies: ["ChatStorageCore", "ChatStorageSupport", "CLibPQ"],
            swiftSettings: settings),

        .target(name: "ChatStorageConformance", dependencies: ["ChatStorageCore"], swiftSettings: settings),
        // Apart from the suite, so that what links the suite does not need Swift Testing.
        .target(
            name: "ChatStorageConformanceTesting", dependencies: ["ChatStorageConformance"], swiftSettings: settings),
        // Exports come as ZIP archives. Apple's systems have the library without its header, so there they are unpacked
        // by hand.
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        // Apple's systems bring CryptoKit.
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "ChatStorageTransfer",
            dependencies: [
                "ChatStorageCore", "ChatStorageJSON", "ChatStorageProviders", "ChatStorageSupport",
                .target(name: "CArchive", condition: .when(platforms: [.linux])),
                // For other programs' databases.
                .target(name: "CSQLite", condition: .when(platforms: [.linux, .android])),
                // For the ids of contents, and digests.
                .target(name: "COpenSSL", condition: .when(platforms: [.linux, .android])),
            ],
            swiftSettings: settings),

        // What providers' APIs give and take, without any SDK.
        .target(
            name: "ChatStorageProviders", dependencies: ["ChatStorageCore", "ChatStorageJSON", "ChatStorageSupport"],
            swiftSettings: settings),

        // A store of any kind by its URL, for programs that choose the kind when they start.
        .target(
            name: "ChatStorageBackends",
            dependencies: ["ChatStorageCore", "ChatStorageInMemory", "ChatStorageSQLite", "ChatStoragePostgres"],
            swiftSettings: settings),
        // What a server has around a store. It knows no backend, so nobody needs the C library of one that they do
        // not use.
        .target(
            name: "ChatStorageServices",
            dependencies: [
                "ChatStorageCore",
                .product(name: "Logging", package: "swift-log", condition: withServices),
                .product(name: "CoreMetrics", package: "swift-metrics", condition: withServices),
                .product(name: "Tracing", package: "swift-distributed-tracing", condition: withServices),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: withServices),
            ],
            swiftSettings: settings),
        // A store of the kind that an app's configuration names.
        .target(
            name: "ChatStorageConfiguration",
            dependencies: [
                "ChatStorageBackends", "ChatStorageCore", "ChatStoragePostgres", "ChatStorageSQLite",
                .product(name: "Configuration", package: "swift-configuration", condition: withServices),
            ],
            swiftSettings: settings),

        .executableTarget(
            name: "chatstorage",
            dependencies: [
                "ChatStorageBackends", "ChatStorageCore", "ChatStorageInMemory", "ChatStorageSQLite",
                "ChatStoragePostgres", "ChatStorageConformance", "ChatStorageJSON", "ChatStorageSupport",
                "ChatStorageTransfer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Samples"],
            swiftSettings: settings),

        // What tests share: which backends a run is about, a throw-away PostgreSQL server, temporary folders.
        .target(
            name: "TestSupport",
            dependencies: [
                "ChatStorageCore", "CLibPQ", .target(name: "CSQLite", condition: .when(platforms: [.linux, .android])),
            ],
            path: "Tests/TestSupport", exclude: ["test-certificates", "throwaway-postgres"], swiftSettings: settings),
        .testTarget(
            name: "ChatStoragePostgresTests",
            dependencies: [
                "ChatStorageConformance", "ChatStorageCore", "ChatStorageInMemory", "ChatStoragePostgres",
                "ChatStorageSupport", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ChatStorageSQLiteTests",
            dependencies: [
                "ChatStorageConformance", "ChatStorageCore", "ChatStorageInMemory", "ChatStorageSQLite",
                "ChatStorageSupport", "TestSupport",
            ],
            swiftSettings: settings),

        .testTarget(
            name: "ChatStorageJSONTests", dependencies: ["ChatStorageConformance", "ChatStorageJSON", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ChatStorageSupportTests", dependencies: ["ChatStorageSupport", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ChatStorageCoreTests",
            dependencies: ["ChatStorageConformance", "ChatStorageCore", "ChatStorageInMemory", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "ChatStorageCore", "ChatStorageInMemory", "ChatStorageSQLite", "ChatStoragePostgres",
                "ChatStorageConformance", "ChatStorageConformanceTesting", "TestSupport",
            ],
            swiftSettings: settings),

        // A backend as somebody else would write one, on the public API alone; the guide to backends shows its code.
        .testTarget(
            name: "JSONLinesBackendTests",
            dependencies: ["ChatStorageCore", "ChatStorageConformance", "ChatStorageConformanceTesting"],
            packageAccess: false, swiftSettings: settings),

        // The first program of `make demo`. It has few dependencies, so it builds within a minute.
        .executableTarget(
            name: "TerminalChat", dependencies: ["ChatStorageCore", "ChatStorageSQLite"],
            path: "Examples/TerminalChat", swiftSettings: settings),

        // The README's code, so that it compiles and runs.
        .executableTarget(
            name: "ReadmeExample", dependencies: ["ChatStorageCore", "ChatStorageSQLite"], path: "Tests/ReadmeExample",
            swiftSettings: settings),
        .testTarget(
            name: "ReadmeTests",
            dependencies: ["ChatStorageCore", "ChatStorageInMemory", "ReadmeExample", "TestSupport"],
            swiftSettings: settings),
        // An app's story with tools and two providers, on each backend; and the code that the guides show.
        .testTarget(
            name: "StoryTests",
            dependencies: [
                "ChatStorageCore", "ChatStorageInMemory", "ChatStoragePostgres", "ChatStorageProviders",
                "ChatStorageSQLite", "ChatStorageTransfer", "TestSupport",
            ],
            swiftSettings: settings),
        // What production does to a store: processes die, files are damaged, disks are full, input is nonsense.
        .target(name: "SlowSync", path: "Tests/SlowSync"),
        .executableTarget(
            name: "FailureWriter",
            dependencies: [
                "ChatStorageCore", "ChatStorageInMemory", "ChatStorageSQLite", "ChatStoragePostgres",
                "ChatStorageConformance", "ChatStorageSupport", "SlowSync",
            ],
            path: "Tests/FailureWriter", swiftSettings: settings),
        .testTarget(
            name: "FailureTests",
            dependencies: [
                "chatstorage", "ChatStorageCore", "ChatStorageInMemory", "ChatStoragePostgres", "ChatStorageSQLite",
                "ChatStorageConformance", "ChatStorageJSON", "ChatStorageSupport", "ChatStorageTransfer",
                "FailureWriter",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ChatStorageInMemoryTests",
            dependencies: ["ChatStorageCore", "ChatStorageInMemory", "ChatStorageConformance"],
            swiftSettings: settings),
        .testTarget(
            name: "ChatStorageProvidersTests",
            dependencies: [
                "ChatStorageConformance", "ChatStorageCore", "ChatStorageInMemory", "ChatStorageJSON",
                "ChatStorageProviders", "ChatStorageSQLite", "TestSupport",
            ],
            exclude: ["Clients"],
            swiftSettings: settings),
        .testTarget(
            name: "ChatStorageTransferTests",
            dependencies: [
                "ChatStorageCore", "ChatStorageInMemory", "ChatStorageSQLite", "ChatStoragePostgres",
                "ChatStorageConformance", "ChatStorageJSON", "ChatStorageProviders", "ChatStorageSupport",
                "ChatStorageTransfer", "TestSupport",
            ],
            exclude: ["SampleTable.md"],
            swiftSettings: settings),
        .testTarget(
            name: "ChatStorageToolTests",
            dependencies: [
                "chatstorage", "ChatStorageCore", "ChatStorageInMemory", "ChatStoragePostgres", "ChatStorageSQLite",
                "ChatStorageJSON", "ChatStorageProviders", "ChatStorageSupport", "ChatStorageTransfer", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ChatStorageServicesTests",
            dependencies: [
                "ChatStorageBackends", "ChatStorageConfiguration", "ChatStorageConformance",
                "ChatStorageConformanceTesting", "ChatStorageCore", "ChatStorageInMemory", "ChatStoragePostgres",
                "ChatStorageServices", "ChatStorageSQLite", "TestSupport",
                .product(name: "Configuration", package: "swift-configuration", condition: withServices),
                .product(name: "InMemoryLogging", package: "swift-log", condition: withServices),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing", condition: withServices),
                .product(name: "Logging", package: "swift-log", condition: withServices),
                .product(name: "CoreMetrics", package: "swift-metrics", condition: withServices),
                .product(name: "MetricsTestKit", package: "swift-metrics", condition: withServices),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: withServices),
                .product(name: "Tracing", package: "swift-distributed-tracing", condition: withServices),
                .product(name: "UnixSignals", package: "swift-service-lifecycle", condition: withServices),
            ],
            swiftSettings: settings),
    ]
)
