import ChatStorageCore

extension MessagePart {
    /// Whether both are the same but for native JSON and for where a file's bytes are.
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

    /// The part's own JSON of a format; nil if it has none of it.
    func native(of format: String) -> NativeJSON? {
        native.flatMap { $0.format.utf8.elementsEqual(format.utf8) ? $0 : nil }
    }

    /// Whether it is a text or a refusal without a character.
    var hasNoText: Bool { (kind == .text || kind == .refusal) && (text ?? "").isEmpty }
}

extension [MessagePart] {
    /// How many parts directly after a result belong to it.
    func belonging(toResultAt index: Int) -> Int {
        guard self[index].kind == .toolResult, let id = self[index].callID else { return 0 }
        return self[(index + 1)...].prefix { part in
            part.kind == .file && part.callID.map { $0.utf8.elementsEqual(id.utf8) } == true
        }.count
    }
}

extension MessageFile {
    /// The media type that the end of its name or its URL stands for; nil for an unknown one.
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
