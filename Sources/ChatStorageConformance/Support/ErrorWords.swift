extension String {
    /// Whether an error's message has a field's name among its words, however it is written: `id` is one of "conversation
    /// id", "conversation_id" and "conversationID", and not of "invalid".
    func names(_ field: String) -> Bool {
        words.contains(field.lowercased())
    }

    /// Whether a number stands in an error's message by itself, with or without separators of thousands.
    func hasNumber(_ number: Int) -> Bool {
        let text = replacing(/([0-9])[,_\u{a0}]([0-9]{3})/) { "\($0.1)\($0.2)" }
        return text.matches(of: /-?[0-9]+/).contains { $0.0 == "\(number)" || $0.0 == "-\(number)" }
    }

    /// The words in lower case; a word also begins where a capital follows a small letter.
    private var words: [String] {
        var words = [""]
        var previous: Character = " "
        for character in self {
            if !character.isLetter || (character.isUppercase && previous.isLowercase) { words.append("") }
            if character.isLetter { words[words.count - 1] += character.lowercased() }
            previous = character
        }
        return words
    }
}
