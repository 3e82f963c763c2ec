import ChatStorageCore
import ChatStorageInMemory
import Foundation
import TestSupport
import Testing

@testable import ChatStorageServices

/// The products' pages show code that compiles and does what they say.
///
/// The server is not run: it would take the signals of the process in which all tests run.
@Suite struct GuideTests {
    @Test(arguments: ["ChatStorageServices", "ChatStorageBackends", "ChatStorageConfiguration"])
    func codeOnThePageIsTheCodeThatCompiles(product: String) throws {
        let page = TestedPackage.url(of: "Sources/\(product)/Documentation.docc/\(product).md")
        let blocks = try String(contentsOf: page, encoding: .utf8).split(separator: "```swift\n").dropFirst()
            .compactMap { $0.split(separator: "```", omittingEmptySubsequences: false).first.map(String.init) }
        #expect(!blocks.isEmpty)
        let code = try String(
            contentsOf: TestedPackage.url(of: "Tests/ChatStorageServicesTests/ServicesExamples.swift"), encoding: .utf8)
        for block in blocks {
            let isThere = ["", "    ", "        "].contains { code.contains(block.replacing(/(?m)^(?=.)/, with: $0)) }
            #expect(isThere, "not in this target:\n\(block)")
        }
    }

    @Test func theExamplesDoWhatThePagesSay() async throws {
        let backend = InMemoryBackend()
        #expect(await !isReady(backend))
        try await backend.prepare()
        #expect(await isReady(backend))
        try await backend.append(.user("Hi"), to: "trip")
        let pieces = AsyncStream { stream in
            stream.yield("Hello")
            stream.finish()
        }
        let answer = try await ServicesExamples.write(AnswerTasks(), backend, "trip", pieces)
        #expect(answer.content == "Hello" && answer.state == .complete)
        var options = ChatStorageService.Configuration()
        ServicesExamples.keepNinetyDays(&options)
        #expect(options.retention?.sparedLabels == ["pinned"])
        _ = try ChatStorageService(backend, configuration: options, logger: Log().logger)
        #expect(ServicesExamples.otherNames().names.operationDuration == "chats_call_duration")
    }
}
