import ChatStorageCore
import HTTPTypes
import Hummingbird

/// Server-sent events, as a handler writes them.
struct EventWriter {
    private var body: any ResponseBodyWriter

    fileprivate init(_ body: any ResponseBodyWriter) {
        self.body = body
    }

    /// Writes an event.
    ///
    /// - Parameters:
    ///   - data: The event's JSON.
    ///   - type: What it is, for APIs that say it beside the JSON too.
    ///   - id: What a client names to go on after this event.
    mutating func send(_ data: JSONValue, type: String? = nil, id: Int? = nil) async throws {
        var text = ""
        if let id { text += "id: \(id)\n" }
        if let type { text += "event: \(type)\n" }
        try await write(text + "data: \(data.text)\n\n")
    }

    /// Writes the end of a stream of chunks.
    mutating func sendDone() async throws { try await write("data: [DONE]\n\n") }

    /// Writes a line that clients ignore: the write fails if the client has gone.
    ///
    /// No empty line follows: OpenAI's client would take that for an event without data.
    mutating func sendNothing() async throws { try await write(":\n") }

    private mutating func write(_ text: String) async throws {
        try await body.write(ByteBuffer(string: text))
    }
}

extension Response {
    /// A stream of server-sent events.
    ///
    /// What is thrown once the stream has begun is its last event.
    static func events(_ write: @escaping @Sendable (inout EventWriter) async throws -> Void) -> Response {
        let body = ResponseBody { body in
            var events = EventWriter(body)
            do {
                try await write(&events)
            } catch {
                // If the client has gone, this fails too, and the connection ends.
                try await events.send(APIError(error).json, type: "error")
            }
            try await body.finish(nil)
        }
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-cache"]
        return Response(status: .ok, headers: headers, body: body)
    }
}
