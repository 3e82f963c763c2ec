import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// Metadata that is filled from a file as long as there is room.
struct MetadataRoom {
    /// The metadata so far.
    private(set) var metadata = Metadata()
    /// The paths of members that it did not take: too large, or not a value that metadata takes.
    private(set) var leftOut: Set<String> = []
    private var bytes = 2

    /// Starts with the room that a file's own metadata leaves.
    init(beside metadata: Metadata = Metadata()) {
        self.metadata = metadata
        if !metadata.isEmpty { bytes = metadata.text.utf8.count }
    }

    /// Takes a member, unless it is empty or there is no room for it.
    ///
    /// - Parameters:
    ///   - name: Its name in the metadata.
    ///   - value: Its value in the file.
    ///   - path: Its place in the file: `mapping[].message.metadata.model_slug`.
    mutating func take(_ name: String, _ value: JSONSlice, at path: String) {
        guard !value.isEmpty else { return }
        guard !name.hasNUL, let parsed = try? JSONValue(value, depth: 2) else {
            leftOut.insert(path)
            return
        }
        // A name, a colon, a comma, and the value.
        let added = JSONValue.string(name).text.utf8.count + parsed.text.utf8.count + 2
        guard !hasForm(of: name), bytes + added <= Limits.metadataBytes else {
            leftOut.insert(path)
            return
        }
        metadata[name] = parsed
        bytes += added
    }

    /// Whether a name is in use; canonically equal names count as one.
    private func hasForm(of name: String) -> Bool {
        if name.utf8.allSatisfy({ $0 < 0x80 }) { return metadata[name] != nil }
        return metadata.object.members.contains { $0.name == name }
    }
}
