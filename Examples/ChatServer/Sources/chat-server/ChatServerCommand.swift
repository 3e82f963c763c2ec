import ArgumentParser
import ChatServer
import ChatStorageCore
import Foundation
import Logging

/// The program: settings from the command line and the environment.
@main struct ChatServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat-server", abstract: "Serves chats over OpenAI's APIs, and a page to chat on.",
        discussion: """
            CHAT_STORE          where the chats are: sqlite:PATH, postgres://..., or memory:
            CHAT_TOKENS         whose requests are answered: TOKEN=USER,TOKEN=USER
            CHAT_MODEL_URL      a server that speaks OpenAI's API, such as http://localhost:11434/v1
            CHAT_MODEL          the model there
            CHAT_MODEL_KEY      its API key
            """)

    @Option(help: "The address to listen at.")
    var host = "127.0.0.1"

    @Option(help: "The port; 0 for any that is free.")
    var port = 8080

    @Option(help: "How many milliseconds the stub takes for a word.")
    var wordTime = 40

    @Option(help: "How many milliseconds lie between two checkpoints of an answer.")
    var checkpoints = 100

    @Option(help: "After how many seconds without a word from its server an answer is ended.")
    var unfinishedAfter = 60.0

    @Option(help: "How many seconds answers go on after the server was asked to stop.")
    var grace = 10.0

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        var configuration = ChatServer.Configuration()
        if let store = environment["CHAT_STORE"] { configuration.store = try StoreURL(store) }
        if let tokens = environment["CHAT_TOKENS"] { configuration.tokens = try Tokens(tokens) }
        configuration.model = StubModel(wordTime: .milliseconds(wordTime))
        if let url = environment["CHAT_MODEL_URL"] {
            configuration.model = RemoteModel(
                url: url, key: environment["CHAT_MODEL_KEY"], model: environment["CHAT_MODEL"] ?? "default")
        }
        configuration.host = host
        configuration.port = port
        configuration.checkpointInterval = .milliseconds(checkpoints)
        configuration.unfinishedAfter = .seconds(unfinishedAfter)
        configuration.grace = .seconds(grace)
        let host = host
        configuration.onListening = { port in
            print("Open http://\(host):\(port) in a browser.")
            // What reads this through a pipe gets it at once.
            fflush(nil)
        }
        var logger = Logger(label: "chat-server")
        logger.logLevel = environment["LOG_LEVEL"].flatMap(Logger.Level.init(rawValue:)) ?? .notice
        try await ChatServer(configuration, logger: logger).run()
    }
}
