import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A file in an API's JSON, and where its bytes are.
struct FileInJSON {
    /// What the JSON says about the file.
    var file: MessageFile
    /// The string with its bytes; nil for a file that has none there.
    var base64: JSONSlice?
    /// The `source` with that string in Anthropic's JSON, which can also name a URL; nil in other APIs' JSON.
    var source: JSONSlice?

    /// Whether its bytes were taken out.
    var isHollow: Bool { base64?.isEmpty ?? false }

    /// Reads a value as a file; nil for anything else.
    typealias Find = (JSONSlice) -> FileInJSON?

    /// The files anywhere in a value, in the order of the text.
    static func all(in slice: JSONSlice, find: Find) -> [FileInJSON] {
        if let file = find(slice) { return [file] }
        switch slice.kind {
        case .array: return slice.elementList.flatMap { all(in: $0, find: find) }
        case .object: return slice.memberList.flatMap { all(in: $0.value, find: find) }
        default: return []
        }
    }

    /// Takes the bytes out of a value.
    ///
    /// - Returns: The value without the bytes, and all its files; nil if no bytes were taken out.
    static func extract(
        from slice: JSONSlice, extracting: FileExtraction?, find: Find
    ) throws -> (json: JSONSlice, files: [MessageFile])? {
        guard let extracting else { return nil }
        let text = slice.text
        var patch = JSONPatch(text)
        var files: [MessageFile] = []
        var isChanged = false
        for found in all(in: try JSONFields.parse(text.utf8), find: find) {
            var file = found.file
            // Bytes that could not be put back exactly stay.
            if let base64 = found.base64, let string = base64.string, let data = Data(base64Encoded: string),
                !data.isEmpty, base64.text == JSONPatch.string(data.base64EncodedString()),
                let url = try extracting(FileBytes(data: data, mediaType: file.mediaType, name: file.name))
            {
                patch.replace(base64, with: "\"\"")
                (file.url, file.size) = (url, Int64(data.count))
                isChanged = true
            }
            files.append(file)
        }
        return isChanged ? (try JSONFields.parse(patch.result.utf8), files) : nil
    }

    /// Puts back the bytes that were taken out, or else a URL if the API takes one.
    ///
    /// - Returns: The whole JSON; nil if the files are not those that it had, or bytes are missing.
    static func fill(
        _ json: String, with files: [MessageFile], resolving: FileResolution?, find: Find
    ) throws -> String? {
        let all = all(in: try JSONFields.parse(json.utf8), find: find)
        guard all.contains(where: \.isHollow) else { return json }
        guard files.count == all.count else { return nil }
        var patch = JSONPatch(json)
        for (found, file) in zip(all, files) {
            guard let place = found.base64, found.isHollow else {
                guard found.file == file else { return nil }
                continue
            }
            if let bytes = try file.base64(resolving: resolving) {
                patch.replace(place, with: JSONPatch.string(bytes))
            } else if let source = found.source, let url = file.sendableURL {
                patch.replace(source, with: BlockWriter.urlSource(url))
            } else {
                return nil
            }
        }
        return patch.result
    }
}

extension MessageFile {
    /// The file's bytes, from the app or from its own `data:` URL; nil if there are none.
    func base64(resolving: FileResolution?) throws -> String? {
        if let data = try resolving?(self) { return data.base64EncodedString() }
        return url.flatMap(Base64.dataURL)?.base64
    }

    /// The URL, if a server can read it.
    var sendableURL: String? {
        guard let url, url.hasPrefix("https://") || url.hasPrefix("http://") else { return nil }
        return url
    }
}

extension FileInJSON {
    /// Whether a part is still the file that was read.
    func isMadeInto(_ part: MessagePart) -> Bool {
        var expected = file
        if isHollow { (expected.url, expected.size) = (part.file?.url, part.file?.size) }
        return part.kind == .file && part.native == nil && part.file == expected
    }
}

extension MessagePart {
    /// The files and texts right after a result that belong to it; none for any other part.
    func belongings(in rest: ArraySlice<MessagePart>) -> [MessagePart] {
        guard kind == .toolResult, let callID else { return [] }
        return Array(
            rest.prefix { part in
                (part.kind == .file || part.kind == .text)
                    && part.callID.map { $0.utf8.elementsEqual(callID.utf8) } == true
            })
    }
}
