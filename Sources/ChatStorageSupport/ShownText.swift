extension Unicode.Scalar {
    /// Whether terminals, editors and log viewers obey the character instead of showing it.
    ///
    /// These are the control characters (C0, U+007F and C1), the separators of lines and paragraphs, and the
    /// embeddings, overrides and isolates that turn the direction of the text around them (Unicode Standard Annex #9).
    /// The marks U+061C, U+200E and U+200F are not among them: they belong to right-to-left text, and turn no other
    /// text.
    public var isObeyed: Bool {
        switch value {
        case 0...0x1f, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
