import ChatStorageJSON

/// Damage in an array, beginning with the element in which it was noticed.
struct ArrayDamage: Sendable {
    let line: Int
    let offset: Int64
    let element: Int?
    /// Where it was noticed.
    let position: Int64
    let reason: String
    /// Whether the file ends in it.
    let isEnd: Bool
    /// Whether what follows may have elements that are not found.
    var hidesOthers = false

    /// The piece for damage after which another element was found.
    func piece(readingOnAt line: Int, _ offset: Int64) -> TextPiece {
        let reason = isEnd ? "is not closed" : reason
        return piece(.broken("\(reason); reading went on at line \(line), byte \(offset + 1) of the file"))
    }

    /// The piece for damage after which none was found.
    ///
    /// - Parameter lastByte: The last byte of the file that is not white space.
    func pieceAtEnd(lastByte: UInt8?) -> TextPiece {
        if isEnd { return piece(.restNotRead(reason)) }
        guard hidesOthers || lastByte != UInt8(ascii: "]") else { return piece(.broken(reason)) }
        return piece(.restNotRead("\(reason); from line \(line), byte \(offset + 1) on the file was not read"))
    }

    private func piece(_ content: TextPiece.Content) -> TextPiece {
        TextPiece(line: line, offset: offset, element: element, content: content)
    }
}

extension ArraySlice<UInt8> {
    /// Whether they are one JSON object with a conversation's messages.
    var areConversation: Bool {
        guard let members = (try? JSONSlice(validating: self))?.members else { return false }
        return members.contains { ["messages", "conversations"].contains($0.key) && $0.value.kind == .array }
    }
}
