import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The files in an API's JSON, whose bytes are in it as base64, alone or in a `data:` URL.
///
/// A reader reports each file that it meets, in order. When reading, the caller can take the bytes; then the base64 is
/// empty, and the JSON is called hollow. When filling, the same reader meets the same files and fills them.
struct InlineFiles {
    private enum Way {
        case reading(FileExtraction?)
        case filling([MessageFile], FileResolution?)
    }

    private let way: Way
    /// How many files were met so far.
    private var count = 0
    private var changes: [(value: JSONSlice, json: String)] = []
    /// Whether bytes are missing.
    private(set) var isHollow = false

    /// Reads files.
    init(extracting: FileExtraction?) {
        way = .reading(extracting)
    }

    /// Fills files: those of a message's parts, in order.
    init(filling parts: some Sequence<MessagePart>, resolving: FileResolution?) {
        way = .filling(parts.filter { $0.kind == .file }.map { $0.file ?? MessageFile() }, resolving)
    }

    /// Whether the JSON must change.
    var hasChanges: Bool { !changes.isEmpty }

    /// The JSON with its bytes taken out, or filled in again.
    ///
    /// - Parameter json: The JSON that the reader read, as a separate text.
    func changed(_ json: JSONSlice) -> JSONText {
        var patch = JSONPatch(json.text)
        for change in changes { patch.replace(change.value, with: change.json) }
        return JSONText(written: patch.result)
    }

    /// A file that has a URL, perhaps one with its bytes.
    mutating func file(url value: JSONSlice?, name: String? = nil, id: String? = nil) throws -> MessageFile {
        var file = MessageFile(name: StorableText.fileName(name), id: id)
        guard let url = value?.string, let data = Base64.dataURL(url) else {
            file.url = value?.storableText
            try pass(nil, "", value, &file)
            return file
        }
        file.mediaType = StorableText.name(data.mediaType).flatMap { $0.isEmpty ? nil : $0 }
        try pass(data.base64, String(url.dropLast(data.base64.count)), value, &file)
        return file
    }

    /// A file whose bytes are not in a URL.
    mutating func file(
        base64 value: JSONSlice?, mediaType: String? = nil, name: String? = nil, id: String? = nil
    ) throws -> MessageFile {
        var file = MessageFile(mediaType: StorableText.name(mediaType), name: StorableText.fileName(name), id: id)
        try pass(value?.string, "", value, &file)
        return file
    }

    /// Gives a file's bytes to the caller, or puts them back.
    ///
    /// - Parameters:
    ///   - base64: The bytes; nil if the JSON has no place for them.
    ///   - prefix: The text before them in the string.
    private mutating func pass(
        _ base64: String?, _ prefix: String, _ value: JSONSlice?, _ file: inout MessageFile
    ) throws {
        defer { count += 1 }
        guard let base64, let value else { return }
        switch way {
        case .reading(let extracting):
            file.size = Base64.size(of: base64)
            // Bytes that could not be put back exactly stay.
            guard let extracting, let data = Data(base64Encoded: base64), !data.isEmpty,
                value.text == JSONPatch.string(prefix + data.base64EncodedString()),
                let url = try extracting(FileBytes(data: data, mediaType: file.mediaType, name: file.name))
            else { return }
            file.url = url
            changes.append((value, JSONPatch.string(prefix)))
        case .filling(let files, let resolving):
            guard base64.isEmpty, count < files.count, files[count].url != nil else { return }
            guard let data = try resolving?(files[count]) else {
                isHollow = true
                return
            }
            changes.append((value, JSONPatch.string(prefix + data.base64EncodedString())))
        }
    }
}
