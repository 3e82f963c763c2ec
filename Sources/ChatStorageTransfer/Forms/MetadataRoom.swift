import ChatStorageCore
import ChatStorageJSON

/// Metadata that is filled from a file as long as there is room in it.
struct MetadataRoom {
    /// What was taken.
    private(set) var metadata = Metadata()
    /// The paths of what was not: it is too large, or no value that metadata takes.
    private(set) var leftOut: Set<String> = []
    private var bytes = 2

    /// Takes a member, unless it is empty or there is no room for it.
    ///
    /// - Parameters:
    ///   - name: Its name in the metadata.
    ///   - value: Its value in the file.
    ///   - path: Its place in the file: `mapping[].message.metadata.model_slug`.
    mutating func take(_ name: String, _ value: JSONSlice, at path: String) {
        guard !value.isEmpty else { return }
        guard let parsed = try? JSONValue(value) else {
            leftOut.insert(path)
            return
        }
        // A name, a colon, a comma, and the value.
        let added = JSONValue.string(name).text.utf8.count + parsed.text.utf8.count + 2
        guard metadata[name] == nil, bytes + added <= Limits.metadataBytes else {
            leftOut.insert(path)
            return
        }
        metadata[name] = parsed
        bytes += added
    }
}
