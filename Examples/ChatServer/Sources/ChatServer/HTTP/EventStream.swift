import ChatStorageCore
import HTTPTypes
import Hummingbird

/// Server-sent events, as a handler writes them.
struct EventWriter {
    private var body: any ResponseBodyWriter
    private var text = ""

    fileprivate init(_ body: any ResponseBodyWriter) {
        self.body = body
    }

    /// Adds an event.
    ///
    /// - Parameters:
    ///   - data: The event's JSON.
    ///   - type: What it is, for APIs that say it beside the JSON too.
    ///   - id: What a client names to go on after this event.
    mutating func add(_ data: JSONValue, type: String? = nil, id: Int? = nil) {
        if let id { text += "id: \(id)\n" }
        if let type { text += "event: \(type)\n" }
        text += "data: \(data.text)\n\n"
    }

    /// Adds the end of a stream of chunks.
    mutating func addDone() { text += "data: [DONE]\n\n" }

    /// Sends what was added; or, if that is nothing, a line that clients ignore: it fails if the client has gone.
    ///
    /// No empty line follows it: OpenAI's client would take that for an event without data.
    mutating func flush() async throws {
        let sent = text.isEmpty ? ":\n" : text
        text = ""
        try await body.write(ByteBuffer(string: sent))
    }
}

extension Response {
    /// A stream of server-sent events.
    ///
    /// What is thrown once the stream has begun is its last event. When the server stops, the stream just ends, and its
    /// client goes on with another server.
    static func events(_ write: @escaping @Sendable (inout EventWriter) async throws -> Void) -> Response {
        let body = ResponseBody { body in
            var events = EventWriter(body)
            do {
                try await write(&events)
            } catch is CancellationError {
                // The server stops.
            } catch {
                // If the client has gone, this fails too, and the connection ends.
                events.add(APIError(error).json, type: "error")
                try await events.flush()
            }
            try await body.finish(nil)
        }
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-cache"]
        return Response(status: .ok, headers: headers, body: body)
    }
}
