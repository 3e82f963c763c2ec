import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// The files of a data set's line: lists of paths or URLs beside the messages, and marks in the texts for their places.
enum MediaList {
    private static let kinds: [(name: String, mark: String)] = [
        ("images", "<image>"), ("videos", "<video>"), ("audios", "<audio>"),
    ]

    /// Puts a line's files where their marks are: each mark becomes a file part.
    ///
    /// If the texts do not have a mark for each file of a list, the list stays one of the line's other members.
    static func place(_ object: inout Fields, in messages: inout [ArchivedConversation.Message]) {
        var waiting: [String: [MessageFile]] = [:]
        for kind in kinds {
            guard let files = files(object.other(kind.name)) else { continue }
            let marks = messages.reduce(0) { $0 + ($1.body.onlyText?.occurrences(of: kind.mark) ?? 0) }
            guard marks == files.count else { continue }
            waiting[kind.mark] = files.reversed()
            _ = object.takeOther(kind.name)
        }
        guard !waiting.isEmpty else { return }
        for index in messages.indices {
            guard let text = messages[index].body.onlyText else { continue }
            let parts = parts(of: text, &waiting)
            guard parts.contains(where: { $0.kind == .file }) else { continue }
            messages[index].body.parts = parts
        }
    }

    /// A file with a known path or URL.
    static func file(_ place: String) -> MessageFile {
        let isURL = place.hasPrefix("http://") || place.hasPrefix("https://") || place.hasPrefix("data:")
        let path = isURL ? place.prefix { $0 != "?" && $0 != "#" } : place[...]
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        return MessageFile(
            mediaType: mediaTypes[ending], name: isURL ? nil : place, url: isURL ? place : nil)
    }

    private static let mediaTypes = [
        "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
        "mp4": "video/mp4", "webm": "video/webm", "mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg",
        "flac": "audio/flac",
    ]

    /// The files of a list of texts, each a file's name or URL; nil for any other value.
    private static func files(_ value: JSONSlice?) -> [MessageFile]? {
        guard let elements = value?.elements else { return nil }
        var files: [MessageFile] = []
        for element in elements {
            guard let place = element.string, !place.isEmpty, !place.hasNUL else { return nil }
            let file = file(place)
            guard file.url != nil || Limits.fileNameScalars.contains(place.unicodeScalars.count) else { return nil }
            files.append(file)
        }
        return files
    }

    /// A text's pieces between marks, and the files in their places.
    private static func parts(of text: String, _ waiting: inout [String: [MessageFile]]) -> [MessagePart] {
        var parts: [MessagePart] = []
        var rest = text[...]
        var searched = rest.startIndex
        while let start = rest[searched...].firstIndex(of: "<") {
            let mark = waiting.keys.first { rest[start...].hasPrefix($0) }
            guard let mark, let file = waiting[mark]?.popLast() else {
                searched = rest.index(after: start)
                continue
            }
            if start > rest.startIndex { parts.append(.text(String(rest[..<start]))) }
            parts.append(.file(file))
            rest = rest[rest.index(start, offsetBy: mark.count)...]
            searched = rest.startIndex
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        return parts
    }
}

extension ChatMessage {
    /// The text of a message that is only a text; nil for any other.
    fileprivate var onlyText: String? { parts.count == 1 && parts[0].kind == .text ? content : nil }
}

extension String {
    fileprivate func occurrences(of mark: String) -> Int {
        var (count, rest) = (0, self[...])
        while let start = rest.firstIndex(of: "<") {
            let found = rest[start...].hasPrefix(mark)
            if found { count += 1 }
            rest = rest[rest.index(start, offsetBy: found ? mark.count : 1)...]
        }
        return count
    }
}
