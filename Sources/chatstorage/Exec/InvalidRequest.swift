/// Why a line is not a request; the sentence names arguments and types, never their values.
struct InvalidRequest: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
