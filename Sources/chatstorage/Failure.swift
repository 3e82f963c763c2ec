import ChatStorageCore
import ChatStorageSupport

/// The end of a command that did not do what it was asked for.
struct Failure: Error {
    /// Something failed, was not found or was refused.
    static let failed: CInt = 1
    /// Nothing failed, but not every check has run.
    static let incomplete: CInt = 2
    /// The command line is not understood.
    static let usage: CInt = 64
    /// SIGINT ended the command, as shells report it.
    static let interrupted: CInt = 130
    /// Nobody reads the output any more, as shells report it.
    static let closedPipe: CInt = 141

    /// A sentence for people; nil if there is nothing more to say.
    let message: String?
    let status: CInt

    init(_ message: String?, status: CInt = Failure.failed) {
        self.message = message
        self.status = status
    }

    static func noConversation(_ id: ConversationID) -> Failure {
        Failure("there is no conversation \(TerminalText.line(id.rawValue))")
    }

    static func noMessage(_ sequence: Int64, of id: ConversationID) -> Failure {
        Failure("\(TerminalText.line(id.rawValue)) has no message \(sequence)")
    }

    /// The exit status after an error.
    static func status(after error: any Error) -> CInt {
        switch error {
        case let failure as Failure: failure.status
        case is CancellationError: interrupted
        case let error as SystemError where error.isClosedPipe: closedPipe
        default: failed
        }
    }

    /// The sentence to say about an error; nil where silence is right.
    static func message(about error: any Error) -> String? {
        switch error {
        case let failure as Failure: failure.message
        case is CancellationError: nil
        case let error as SystemError where error.isClosedPipe: nil
        case let error as MissingStore: "\(error); import or add makes one"
        case let error as ChatStorageError where error.code == .notPrepared:
            "\(lack(toldBy: error)); import or add makes it ready"
        default: sentence(about: error)
        }
    }

    /// What a store that is not prepared lacks: the error's sentence without its advice, which is for programmers.
    static func lack(toldBy error: ChatStorageError) -> String {
        let sentence = TerminalText.line(error.message)
        return String(sentence[..<(sentence.firstRange(of: "; call prepare()")?.lowerBound ?? sentence.endIndex)])
    }

    /// What an error says to people, without types and stored text.
    static func sentence(about error: any Error) -> String {
        switch error {
        case let error as ChatStorageError:
            // The advice is for code; here an option does it.
            var sentence = error.message.replacing(
                "; set roles: .withTools in its configuration and prepare it", with: RoleOptions.advice)
            if error.writeOutcome == .unknown { sentence += "; whether it was written is unknown" }
            if let cause = error.cause { sentence += " (\(cause.engine) \(cause.code))" }
            return TerminalText.line(sentence)
        case let error as SystemError: return error.description
        default: return "an unexpected error of the type \(type(of: error))"
        }
    }
}

/// There is no file where a store should be.
struct MissingStore: Error, CustomStringConvertible {
    let path: String

    var description: String { "there is no store at \(TerminalText.line(path))" }
}
