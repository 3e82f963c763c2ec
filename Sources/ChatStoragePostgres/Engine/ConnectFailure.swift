import CLibPQ
import ChatStorageCore

/// Why there is no connection.
struct ConnectFailure {
    /// libpq's text, in which the server's error is only a SQLSTATE.
    let text: String
    /// The password that was used, which no error may contain.
    let password: String
    /// Whether the server wanted a password and none was given.
    let needsPassword: Bool

    init(text: String, password: String, needsPassword: Bool) {
        self.text = text
        self.password = password
        self.needsPassword = needsPassword
    }

    init(text: String, _ connection: ServerConnection) {
        self.init(
            text: text, password: PQpass(connection.pointer).map { String(cString: $0) } ?? "",
            needsPassword: PQconnectionNeedsPassword(connection.pointer) == 1)
    }

    /// The library's error for it.
    var error: ChatStorageError {
        if let sqlState, sqlState != "42501", ["22", "42"].contains(sqlState.prefix(2)) {
            return ChatStorageError(
                .invalidArgument,
                "no connection to the database: the server refuses a setting that the URL's options ask for",
                cause: ServerError(sqlState: sqlState).storageError(isWrite: false).cause)
        }
        if let sqlState {
            let error = ServerError(sqlState: sqlState).storageError(isWrite: false)
            return ChatStorageError(error.code, "no connection to the database: \(error.message)", cause: error.cause)
        }
        if needsPassword {
            return ChatStorageError(.accessDenied, "no connection to the database: the server wants a password")
        }
        return ChatStorageError(.unavailable, "no connection to the database: \(reason)")
    }

    /// Whether a server answered: libpq puts two spaces after the severity of a server's error, and nowhere else.
    static func isOfServer(_ text: String) -> Bool { text.contains(":  ") }

    /// Whether an administrator or a crash ended the session while it began; the next one may succeed.
    static func isOfEndedSession(_ error: ChatStorageError) -> Bool {
        error.cause?.code == "57P01" || error.cause?.code == "57P02"
    }

    /// The SQLSTATE at the end of the last line: `... failed: FATAL:  28P01`.
    var sqlState: String? {
        guard let line = text.split(whereSeparator: \.isNewline).last else { return nil }
        let code = line.suffix(5)
        return line.dropLast(5).hasSuffix(":  ") && code.utf8.count == 5
            && code.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) } ? String(code) : nil
    }

    /// libpq's own reason (no route, no such host, a certificate that does not verify); it names hosts, ports and
    /// files.
    private var reason: String {
        let line = text.split(whereSeparator: { $0.isNewline || $0 == "\t" }).joined(separator: "; ")
        guard !line.isEmpty, password.isEmpty || !line.contains(password) else { return "the server cannot be reached" }
        return String(line.prefix(500))
    }
}
