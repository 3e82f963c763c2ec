import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// Turns members of an API's response into a message's metadata.
enum ResponseMetadata {
    /// Takes the members of a response.
    ///
    /// - Parameters:
    ///   - fields: The response.
    ///   - others: The members that are kept elsewhere: as the role, as parts.
    ///   - names: The new names of members that the API names differently: `id` becomes `response_id`.
    /// - Returns: The metadata, and a sentence for each member that could not be kept.
    static func read(
        _ fields: JSONFields, besides others: Set<String>, renaming names: [String: String] = [:]
    ) -> (metadata: Metadata, omitted: [String]) {
        var (metadata, omitted) = (Metadata(), [String]())
        for (index, member) in fields.members.enumerated() where !others.contains(member.key) {
            let name = names[member.key] ?? member.key
            let shown = shown(member.key)
            if fields.members[(index + 1)...].contains(where: { (names[$0.key] ?? $0.key).hasSameUTF8(as: name) }) {
                omitted.append("\(shown) comes twice; the last one is kept")
            } else if name.hasNUL {
                omitted.append("\(shown) is left out: metadata does not take its name")
            } else {
                do {
                    // Checked again, since an API's JSON may have halves of surrogate pairs and metadata may not.
                    let value = try JSONSlice(validating: Array(member.value.text.utf8)[...])
                    metadata[name] = try JSONValue(value, depth: 2)
                } catch {
                    omitted.append("\(shown) is left out: metadata does not take its value")
                }
            }
        }
        while metadata.text.utf8.count > Limits.metadataBytes, let largest = largest(of: metadata) {
            metadata[largest] = nil
            omitted.append("\(Self.shown(largest)) is left out: metadata takes at most \(Limits.metadataBytes) bytes")
        }
        return (metadata, omitted)
    }

    /// How an omission names a member: names come from the API, and a proxy can send anything as a name.
    static func shown(_ name: String) -> String { isWord(name) ? "the member \(name)" : "a member" }

    /// Whether a text is a word of an API, such as a name in snake case, and not text of a chat.
    static func isWord(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }

    private static func largest(of metadata: Metadata) -> String? {
        metadata.object.members.max { $0.value.text.utf8.count < $1.value.text.utf8.count }?.name
    }
}
