import ChatStorageJSON

/// An object whose members come in pieces, each with its exact JSON; unchanged members keep their bytes.
struct StreamedObject: Sendable {
    /// The object as it first came.
    private let text: String
    /// Its members, and those that came later.
    private var members: [(name: String, json: String)] = []
    /// The names whose values changed, or came later.
    private var changed: Set<String> = []

    init() {
        text = "{}"
    }

    init(_ fields: JSONFields) {
        text = fields.slice.text
        members = fields.members.map { ($0.key, $0.value.text) }
    }

    /// A member's JSON.
    func json(_ name: String) -> String? { members.last { $0.name == name }?.json }

    /// Sets a member's JSON, at its place or else at the end.
    mutating func set(_ name: String, _ json: String) {
        changed.insert(name)
        if let place = members.lastIndex(where: { $0.name == name }) {
            members[place].json = json
        } else {
            members.append((name, json))
        }
    }

    /// The object's JSON.
    var json: String {
        guard !changed.isEmpty, let first = (try? JSONFields.parse(text.utf8))?.memberList else { return text }
        var patch = JSONPatch(text)
        for (old, new) in zip(first, members) where changed.contains(new.name) {
            patch.replace(old.value, with: new.json)
        }
        let added = members[first.count...].map { "\(JSONPatch.string($0.name)):\($0.json)" }
        if added.isEmpty { return patch.result }
        return patch.result.dropLast() + (first.isEmpty ? "" : ",") + added.joined(separator: ",") + "}"
    }
}
