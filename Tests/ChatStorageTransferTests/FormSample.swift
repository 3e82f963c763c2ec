import ChatStorageCore
import ChatStorageJSON
import Foundation
import TestSupport

@testable import ChatStorageTransfer

/// A sample of another program's file, read by a form as the importer would give it to the form.
struct FormSample {
    /// The file's JSON values: one, or those of its lines.
    let values: [JSONSlice]
    let conversations: [ForeignConversation]
    let archived: [ArchivedConversation]

    init(_ path: String, _ form: ChatForm) throws {
        try self.init(bytes: Array(SampleFiles.data(path)), form)
    }

    init(text: String, _ form: ChatForm) throws {
        try self.init(bytes: Array(text.utf8), form)
    }

    init(bytes: [UInt8], _ form: ChatForm) throws {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let text = bytes.starts(with: mark) ? bytes[mark.count...] : bytes[...]
        values = try Self.values(of: text)
        conversations = try Self.units(of: values, form.unit).flatMap { try form.read($0) }
        var ids = DerivedIDs()
        archived = try conversations.map { try $0.archived(ids: &ids) }
    }

    private static func values(of text: ArraySlice<UInt8>) throws -> [JSONSlice] {
        if let value = try? JSONSlice(validating: text) { return [value] }
        return try text.split(separator: UInt8(ascii: "\n")).map { try JSONSlice(validating: $0) }
    }

    private static func units(of values: [JSONSlice], _ unit: ChatForm.Unit) throws -> [JSONSlice] {
        switch unit {
        case .file: return values
        case .conversation: return values.flatMap { $0.elements.map(Array.init) ?? [$0] }
        case .element(let names):
            return values.flatMap { value in
                let array = names.reduce(Optional(value)) { value, name in
                    value?.memberList.first { $0.key == name }?.value
                }
                return array?.elementList ?? []
            }
        }
    }
}

extension ArchivedConversation {
    /// What a person reads along the current path.
    var path: [Message] {
        var found: [Message] = []
        var place = head ?? Int64(messages.count)
        while place > 0 {
            let message = messages[Int(place) - 1]
            found.append(message)
            place = message.predecessor ?? place - 1
        }
        return found.reversed()
    }
}
