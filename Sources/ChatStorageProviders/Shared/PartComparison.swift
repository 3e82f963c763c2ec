import ChatStorageCore

extension MessagePart {
    /// Whether both are the same, apart from native JSON and the place of a file's bytes.
    func says(sameAs other: MessagePart) -> Bool {
        var (mine, its) = (self, other)
        if mine.file?.url == nil, let url = its.file?.url {
            mine.file?.url = url
            mine.file?.size = its.file?.size
        }
        mine.native = nil
        its.native = nil
        mine.extra = []
        its.extra = []
        return mine == its
    }

    /// The part's native JSON, if it has this format.
    func native(of format: String) -> NativeJSON? {
        native.flatMap { $0.format.utf8.elementsEqual(format.utf8) ? $0 : nil }
    }

    /// Whether it is an empty text or refusal.
    var hasNoText: Bool { (kind == .text || kind == .refusal) && (text ?? "").isEmpty }
}

extension MessageFile {
    /// The media type for the suffix of its name or URL; nil for an unknown suffix.
    var mediaTypeOfName: String? {
        let path = name ?? url.map { String($0.prefix { $0 != "?" && $0 != "#" }) } ?? ""
        let types = [
            ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
            ".webp": "image/webp", ".pdf": "application/pdf", ".mp3": "audio/mpeg", ".wav": "audio/wav",
            ".mp4": "video/mp4", ".txt": "text/plain",
        ]
        let lowercased = path.lowercased()
        return types.first { lowercased.hasSuffix($0.key) }?.value
    }
}
