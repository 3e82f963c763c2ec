import ChatStorageCore

extension MessageFile {
    /// A file without a media type is most often an image.
    var isTakenForImage: Bool {
        if let mediaType { return mediaType.hasPrefix("image/") }
        guard let url else { return false }
        return !url.prefix { $0 != "?" && $0 != "#" }.hasSuffix(".pdf")
    }

    /// OpenAI's name of the audio format; nil for one that its APIs do not take.
    var audioFormat: String? {
        switch mediaType {
        case "audio/wav", "audio/x-wav", "audio/wave": "wav"
        case "audio/mpeg", "audio/mp3": "mp3"
        default: nil
        }
    }

    /// The media type of an audio format.
    static func mediaType(ofAudio format: String) -> String {
        format == "mp3" ? "audio/mpeg" : "audio/\(format)"
    }

    /// The id, if it is one of OpenAI's file ids.
    var openAIFileID: String? { id.flatMap { $0.hasPrefix("file-") ? $0 : nil } }

    /// The bytes as a `data:` URL.
    func dataURL(of base64: String?) -> String? {
        base64.map { "data:\(mediaType ?? (isTakenForImage ? "image/png" : "application/octet-stream"));base64,\($0)" }
    }
}
