import ChatStorageCore

/// Labels and metadata as columns of JSON; in both, NULL stands for an empty value.
enum StoredJSON {
    /// The labels as an array, in the order of their bytes.
    static func text(of labels: Set<Label>) -> String? {
        labels.isEmpty ? nil : JSONValue.array(labels.sorted().map { .string($0.rawValue) }).text
    }

    static func labels(_ text: String) throws -> Set<Label> {
        guard case .array(let elements)? = try? JSONValue(parsing: text) else { throw damaged }
        return Set(
            try elements.map { element in
                guard case .string(let label) = element else { throw damaged }
                return Label(label)
            })
    }

    static func text(of metadata: Metadata) -> String? {
        metadata.isEmpty ? nil : metadata.text
    }

    static func metadata(_ text: String) throws -> Metadata {
        guard let metadata = try? Metadata(parsing: text) else { throw damaged }
        return metadata
    }

    private static var damaged: ChatStorageError {
        ChatStorageError(.damaged, "stored labels or metadata are not what a backend writes")
    }
}
