import ChatStorageJSON

/// Which members of a ZIP archive have chats, and in which order they are read.
struct ZipPlan: Sendable {
    /// A step of reading an archive.
    enum Step: Sendable, Equatable {
        /// Reads the member at a place among all.
        case read(place: Int, name: String)
        /// Reports a member that the export's list names and the archive lacks.
        case missing(name: String)
    }

    /// A member of the archive, by its place among all.
    typealias Member = (place: Int, name: String)

    /// The steps; none if no member can have chats.
    let steps: [Step]

    /// - Parameters:
    ///   - members: The files in the archive, in its order.
    ///   - manifest: The export's own list of files; nil if it has none.
    init(_ members: [Member], manifest: JSONSlice?) {
        let candidates = members.filter { Self.isCandidate($0.name) }
        guard let folder = Self.folder(of: candidates.map(\.name)) else {
            steps = candidates.filter { !Self.sideFiles.contains(Self.file($0.name)) }
                .map { .read(place: $0.place, name: $0.name) }
            return
        }
        var steps: [Step] = []
        if let listed = Self.listed(in: manifest), !listed.isEmpty {
            steps = listed.map { name in
                guard let member = candidates.first(where: { $0.name == folder + name }) else {
                    return .missing(name: name)
                }
                return .read(place: member.place, name: member.name)
            }
        } else {
            steps = candidates.filter { Self.folder(of: $0.name) == folder && Self.hasChats(Self.file($0.name)) }
                .sorted { ($0.name.utf8.count, $0.name) < ($1.name.utf8.count, $1.name) }
                .map { .read(place: $0.place, name: $0.name) }
        }
        steps += candidates.filter { $0.name.hasPrefix(folder + "design_chats/") }
            .map { .read(place: $0.place, name: $0.name) }
        self.steps = steps
    }

    /// The names of an export's files that have no chats.
    static let manifest = "export_manifest.json"
    static let assetNames = "conversation_asset_file_names.json"
    private static let sideFiles: Set<String> = [
        manifest, assetNames, "user.json", "users.json", "projects.json", "memories.json", "message_feedback.json",
        "shared_conversations.json", "model_comparisons.json", "user_settings.json", "sora.json", "group_chats.json",
        "shopping.json",
    ]

    /// Whether a member can have chats, by its name.
    static func isCandidate(_ name: String) -> Bool {
        let pieces = name.split(separator: "/")
        // Archives made on a Mac have a second, hidden file for each.
        guard pieces.first != "__MACOSX", let file = pieces.last, !file.hasPrefix(".") else { return false }
        return [".json", ".jsonl", ".ndjson"].contains { file.lowercased().hasSuffix($0) }
    }

    /// Whether a name is a path that leads out of the folder where the archive is unpacked.
    static func leadsOut(_ name: String) -> Bool {
        let pieces = name.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }
        return pieces.first?.isEmpty == true || pieces.contains("..") || pieces.first?.hasSuffix(":") == true
    }

    /// The folder of an export of ChatGPT's or Claude's; nil if there is none.
    private static func folder(of names: [String]) -> String? {
        names.filter { hasChats(file($0)) }.map(folder).min { $0.utf8.count < $1.utf8.count }
    }

    static func folder(of name: String) -> String {
        name.lastIndex(of: "/").map { String(name[...$0]) } ?? ""
    }

    static func file(_ name: String) -> String {
        name.lastIndex(of: "/").map { String(name[name.index(after: $0)...]) } ?? name
    }

    /// Whether a file is `conversations.json` or a shard of it, `conversations-012.json`.
    private static func hasChats(_ file: String) -> Bool {
        guard file.hasPrefix("conversations"), file.hasSuffix(".json") else { return false }
        let middle = file.dropFirst("conversations".count).dropLast(".json".count)
        guard let first = middle.first else { return true }
        return first == "-" && middle.count > 1 && middle.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
    }

    private static func listed(in manifest: JSONSlice?) -> [String]? {
        manifest?.present("logical_files")?.present("conversations.json")?.present("files")?.elementList
            .compactMap(\.string)
    }
}
