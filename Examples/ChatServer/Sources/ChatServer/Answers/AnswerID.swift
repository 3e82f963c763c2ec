import ChatStorageCore

/// An answer's message in the whole store.
struct AnswerID: Sendable, Hashable {
    let user: String
    let message: Message.ID

    init(user: String, _ message: Message.ID) {
        self.user = user
        self.message = message
    }
}
