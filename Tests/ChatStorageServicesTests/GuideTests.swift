import ChatStorageCore
import ChatStorageInMemory
import Testing

@testable import ChatStorageServices

/// The products' pages show code that compiles and does what they say.
///
/// The server is not run: it would take the signals of the process in which all tests run.
@Suite struct GuideTests {
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
