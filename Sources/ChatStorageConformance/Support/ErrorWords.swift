extension String {
    /// Whether a field's name is among the words of an error's message, in any spelling: `id` is a word of
    /// "conversation id", "conversation_id" and "conversationID", but not of "invalid".
    func names(_ field: String) -> Bool {
        words.contains(field.lowercased())
    }

    /// Whether an error's message has exactly this number, with or without thousands separators.
    func hasNumber(_ number: Int) -> Bool {
        let text = replacing(/([0-9])[,_\u{a0}]([0-9]{3})/) { "\($0.1)\($0.2)" }
        return text.matches(of: /-?[0-9]+/).contains { $0.0 == "\(number)" || $0.0 == "-\(number)" }
    }

    /// The words in lower case; a word also begins at a capital after a small letter.
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
