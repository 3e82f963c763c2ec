import ChatStorageJSON

/// The events in what an API streams.
enum StreamLines {
    /// The JSON texts of the events in a piece of a stream: one event's JSON, or whole lines as the server sends them.
    ///
    /// Names of events, comments and `[DONE]` are ignored; the lines of one event's data are joined.
    ///
    /// - Throws: ``ProviderFormError`` for text that is neither.
    static func events(in text: String) throws -> [String] {
        if isJSON(text.utf8) { return [text] }
        var (events, data): ([String], [String]) = ([], [])
        func end() {
            if !data.isEmpty, data != ["[DONE]"] { events.append(data.joined(separator: "\n")) }
            data = []
        }
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let line = Substring(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
            if line.isEmpty {
                end()
            } else if line.hasPrefix("data:") {
                let value = line.dropFirst("data:".count)
                data.append(String(value.first == " " ? value.dropFirst() : value))
            } else if !["event:", "id:", "retry:", ":"].contains(where: line.hasPrefix) {
                throw ProviderFormError(reason: "is no event and no line of a stream")
            }
        }
        end()
        return events
    }

    private static func isJSON(_ utf8: String.UTF8View) -> Bool {
        utf8.first { !$0.isJSONWhiteSpace } == UInt8(ascii: "{")
    }
}
