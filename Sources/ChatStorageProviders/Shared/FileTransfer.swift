public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The bytes of a file from an API's JSON.
public struct FileBytes: Sendable, Hashable {
    /// The bytes.
    public var data: Data
    /// The media type, such as `image/png`; nil if the API names none.
    public var mediaType: String?
    /// The file's name; nil if the API gives none.
    public var name: String?

    /// Makes a value.
    public init(data: Data, mediaType: String? = nil, name: String? = nil) {
        self.data = data
        self.mediaType = mediaType
        self.name = name
    }
}

/// Takes a file's bytes out of a message: store them, or note them for later, and return their URL.
///
/// Return nil to leave the bytes in the native JSON. The URL is kept as it is; see `MessageFile/url`.
public typealias FileExtraction = (FileBytes) throws -> String?

/// Gives a file's bytes for a request, or nil to send the file's URL instead, if the API takes it.
public typealias FileResolution = (MessageFile) throws -> Data?

/// Bytes in JSON.
enum Base64 {
    /// How many bytes a base64 text decodes to; nil if only decoding could show it.
    static func size(of text: String) -> Int64? {
        let count = text.utf8.count
        guard count > 0, count % 4 == 0 else { return nil }
        let padding = text.utf8.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
        return Int64(count / 4 * 3 - padding)
    }

    /// The parts of a `data:` URL in base64; nil for any other.
    static func dataURL(_ url: String) -> (mediaType: String, base64: String)? {
        guard url.hasPrefix("data:"), let comma = url.firstIndex(of: ",") else { return nil }
        let head = url[..<comma].dropFirst("data:".count)
        guard head.hasSuffix(";base64") else { return nil }
        let mediaType = head.dropLast(";base64".count)
        return (String(mediaType.prefix { $0 != ";" }), String(url[url.index(after: comma)...]))
    }
}
