import ChatStorageCore
import ChatStorageJSON

extension BlockReader {
    /// The block as a file, if it is of the type `image`, `document` or `container_upload`; nil for any other block.
    static func file(in slice: JSONSlice) -> FileInJSON? {
        guard let block = try? JSONFields(slice, at: "") else { return nil }
        var file = MessageFile(name: StorableText.fileName(block.string("title")))
        switch block.string("type") {
        case "image", "document": break
        case "container_upload":
            file.id = StorableText.name(block.string("file_id"))
            return FileInJSON(file: file)
        default: return nil
        }
        guard let source = block["source"].flatMap({ try? JSONFields($0, at: "") }) else { return nil }
        file.mediaType = StorableText.name(source.string("media_type"))
        switch source.string("type") {
        case "base64":
            let base64 = source["data"].flatMap { $0.kind == .string ? $0 : nil }
            file.size = base64?.string.flatMap(Base64.size)
            return FileInJSON(file: file, base64: base64, source: source.slice)
        case "text": file.size = source.string("data").map { Int64($0.utf8.count) }
        case "url": file.url = StorableText.text(source.string("url"))
        case "file": file.id = StorableText.name(source.string("file_id"))
        default: break
        }
        return FileInJSON(file: file)
    }
}
