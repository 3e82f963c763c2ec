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
    /// Whether the text after it may have elements that were not found.
    var hidesOthers = false

    /// The piece for damage after which another element was found.
    func piece(readingOnAt line: Int, _ offset: Int64) -> TextPiece {
        let reason = isEnd ? "is not closed" : reason
        return piece(.broken("\(reason); reading went on at line \(line), byte \(offset + 1) of the file"))
    }

    /// The piece for damage after which no other element was found.
    ///
    /// - Parameters:
    ///   - lastByte: The last byte of the file that is not white space.
    ///   - bracket: The bracket that ends an undamaged file.
    func pieceAtEnd(lastByte: UInt8?, bracket: UInt8) -> TextPiece {
        if isEnd { return piece(.restNotRead(reason)) }
        guard hidesOthers || lastByte != bracket else { return piece(.broken(reason)) }
        return piece(
            .restNotRead("\(reason); the rest of the file, from line \(line), byte \(offset + 1), was not read"))
    }

    private func piece(_ content: TextPiece.Content) -> TextPiece {
        TextPiece(line: line, offset: offset, element: element, content: content)
    }
}

extension ArraySlice<UInt8> {
    /// Whether they are one JSON object with a conversation's messages, or with the names of such an object.
    ///
    /// - Parameter names: Names of members that together only conversations have; nil if none are known.
    func areConversation(withNames names: Set<String>?) -> Bool {
        guard let members = (try? JSONSlice(validating: self))?.members else { return false }
        if let names, !names.isEmpty, names.isSubset(of: members.map(\.key)) { return true }
        if members.contains(where: { ["messages", "conversations"].contains($0.key) && $0.value.kind == .array }) {
            return true
        }
        return KnownFormat.recognize(self)?.form?.unit == .conversation
    }
}
