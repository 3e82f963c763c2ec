import ChatStorageCore
import ChatStorageProviders

/// OpenAI's JSON Lines: the current path of each conversation, as the chat completions API takes it.
struct OpenAIExport: ExportWriter {
    private(set) var summary = ExportSummary()

    var beginning: [UInt8] { [] }
    var end: [UInt8] { [] }

    mutating func conversation(_ whole: WholeConversation, tenant: String?) throws -> [UInt8] {
        let path = whole.currentPath
        let messages = path.filter { $0.state != .streaming && $0.state != .failed }
        summary.leaveOut("messages of other branches", whole.messages.count - path.count)
        summary.leaveOut("answers that are not finished", path.count - messages.count)
        if tenant != nil { summary.leaveOut("tenants' names") }
        if whole.conversation.title != nil { summary.leaveOut("titles") }
        if !whole.conversation.labels.isEmpty { summary.leaveOut("labels") }
        let metadata = messages.count { !$0.metadata.isEmpty } + (whole.conversation.metadata.isEmpty ? 0 : 1)
        summary.leaveOut("metadata", metadata)
        summary.leaveOut("times", messages.count)
        summary.leaveOut("keys", messages.count { $0.key != nil })
        summary.leaveOut("marks of stopped answers", messages.count { $0.state == .stopped })
        guard !messages.isEmpty else {
            summary.leaveOut("conversations without messages")
            return []
        }
        let body = try OpenAIChat.body(for: messages.map(\.body))
        for omission in body.omissions { summary.leaveOut(omission.reason) }
        summary.conversations += 1
        summary.messages += messages.count
        // The API's own JSON can have line breaks between its members; in JSON they are nowhere else.
        return body.data.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 } + [UInt8(ascii: "\n")]
    }
}
