import ChatStorageCore
import ChatStorageJSON

/// Files in the API's form, which names formats and not media types.
enum ConverseFile {
    private static let documents = [
        "pdf": "application/pdf", "csv": "text/csv", "html": "text/html", "txt": "text/plain", "md": "text/markdown",
        "doc": "application/msword", "xls": "application/vnd.ms-excel",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]
    private static let images = ["png", "jpeg", "gif", "webp"]

    /// The media type of a format; nil for an unknown one.
    static func mediaType(_ kind: String, _ format: String) -> String? {
        guard !format.isEmpty else { return nil }
        return kind == "document" ? documents[format] : "\(kind)/\(format)"
    }

    /// The block for a file; nil if the API does not take the file.
    static func block(_ file: MessageFile, resolving: FileResolution?) throws -> String? {
        let type = file.mediaType ?? file.url.flatMap(Base64.dataURL)?.mediaType ?? ""
        let image = images.first { type == "image/\($0)" || type == "image/jpg" && $0 == "jpeg" }
        guard let format = image ?? documents.keys.sorted().first(where: { documents[$0] == type }) else { return nil }
        let bytes = try file.base64(resolving: resolving)
        let location = file.url.flatMap { $0.hasPrefix("s3://") ? $0 : nil }
        guard bytes != nil || location != nil else { return nil }
        return JSONWriter.object { json in
            json.name(image == nil ? "document" : "image")
            json.object { json in
                json.member("format", format)
                if image == nil { json.member("name", name(file.name)) }
                json.name("source")
                json.object { json in
                    if let bytes { return json.member("bytes", bytes) }
                    json.name("s3Location")
                    json.object { $0.member("uri", location) }
                }
            }
        }
    }

    /// A document's name in the characters that the API takes: letters, digits, single spaces, `-()[]`; at most 200.
    private static func name(_ name: String?) -> String {
        var result = ""
        for character in (name ?? "").prefix(200) {
            let isTaken = character.isASCII && (character.isLetter || character.isNumber) || "-()[]".contains(character)
            if isTaken { result.append(character) } else if result.last != " " { result.append(" ") }
        }
        return result.contains { $0 != " " } ? result : "document"
    }
}
