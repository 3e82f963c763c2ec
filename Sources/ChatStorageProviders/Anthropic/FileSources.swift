import ChatStorageCore
import ChatStorageJSON

/// A block of an image or a document, and where its bytes are.
struct FileBlock {
    /// The block of type `image`, `document` or `container_upload`.
    let block: JSONFields
    /// Its `source`; nil for a block that names its file itself.
    let source: JSONFields?

    /// Reads a block; nil if it holds no file.
    init?(_ slice: JSONSlice, at path: String) {
        guard let block = try? JSONFields(slice, at: path) else { return nil }
        switch block.string("type") {
        case "image", "document":
            guard let source = block["source"], let fields = try? JSONFields(source, at: block.path(of: "source"))
            else {
                return nil
            }
            self.source = fields
        case "container_upload": source = nil
        default: return nil
        }
        self.block = block
    }

    /// The base64 text, if the bytes are in the block or were taken out of it.
    var base64: JSONSlice? {
        guard let source, source.string("type") == "base64", let data = source["data"], data.kind == .string else {
            return nil
        }
        return data
    }

    /// Whether its bytes were taken out of it.
    var isHollow: Bool { base64?.isEmpty ?? false }

    /// The facts known about the file.
    var file: MessageFile {
        var file = MessageFile(name: StorableText.fileName(block.string("title")))
        guard let source else {
            file.id = StorableText.name(block.string("file_id"))
            return file
        }
        file.mediaType = StorableText.name(source.string("media_type"))
        switch source.string("type") {
        case "base64": file.size = base64?.string.flatMap(Base64.size)
        case "text": file.size = source.string("data").map { Int64($0.utf8.count) }
        case "url": file.url = StorableText.text(source.string("url"))
        case "file": file.id = StorableText.name(source.string("file_id"))
        default: break
        }
        return file
    }

    /// The blocks of files anywhere in a value, in the order of the text.
    static func all(in slice: JSONSlice, at path: String = "") -> [FileBlock] {
        if let file = FileBlock(slice, at: path) { return [file] }
        switch slice.kind {
        case .array: return (slice.elements.map(Array.init) ?? []).flatMap { all(in: $0, at: path) }
        case .object: return slice.memberList.flatMap { all(in: $0.value, at: path) }
        default: return []
        }
    }
}
