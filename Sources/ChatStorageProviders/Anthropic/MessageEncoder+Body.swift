import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension MessageEncoder {
    /// Makes the body from the added messages.
    ///
    /// - Throws: ``ProviderFormError``.
    mutating func body(adding: RequestMembers) throws -> EncodedBody {
        var turns = turns
        let omissions = omissions + turns.settle()
        let members = try adding.checked(reserving: system.isEmpty ? ["messages"] : ["messages", "system"])
        var writer = JSONWriter(capacity: 4_096)
        writer.object { writer in
            for member in members { writer.member(member.name, literal: member.json.text) }
            writeSystem(to: &writer)
            writer.name("messages")
            writer.array { writer in
                for message in turns.messages {
                    writer.object { writer in
                        writer.member("role", message.role)
                        writer.name("content")
                        writer.array { for block in message.blocks { $0.literal(block) } }
                    }
                }
            }
        }
        return EncodedBody(data: Data(writer.bytes), omissions: omissions.inOrder)
    }

    /// One plain text is a string, as most apps send it; everything else an array of blocks.
    private func writeSystem(to writer: inout JSONWriter) {
        guard !system.isEmpty else { return }
        writer.name("system")
        if system.count == 1, let text = Self.plainText(system[0].json) {
            writer.literal(text)
        } else {
            writer.array { for block in system { $0.literal(block.json) } }
        }
    }

    /// The exact string of a block that is a text and nothing else.
    private static func plainText(_ json: String) -> String? {
        guard let block = try? JSONFields(JSONFields.parse(json.utf8), at: ""),
            block.members.count == 2, block.string("type") == "text", let text = block["text"], text.kind == .string
        else { return nil }
        return text.text
    }
}
