/// Halves of surrogate pairs in a JSON text's escapes, as JavaScript and Python write them for cut texts.
enum LoneSurrogates {
    /// A JSON text with `\ufffd` in place of each half that stands alone.
    ///
    /// - Returns: The text and how many there were; a text that is not JSON may also come back changed.
    static func replaced(in text: ArraySlice<UInt8>) -> (text: ArraySlice<UInt8>, count: Int) {
        var (result, count) = (text, 0)
        var position = text.startIndex
        while let backslash = text[position...].firstIndex(of: UInt8(ascii: "\\")) {
            position = backslash + 2
            guard let unit = unit(in: text, at: backslash) else {
                position = min(position, text.endIndex)
                continue
            }
            position = backslash + 6
            if UTF16.isLeadSurrogate(unit), let next = Self.unit(in: text, at: position), UTF16.isTrailSurrogate(next) {
                position += 6
            } else if UTF16.isSurrogate(unit) {
                result.replaceSubrange((backslash + 2)..<(backslash + 6), with: "fffd".utf8)
                count += 1
            }
        }
        return (result, count)
    }

    /// The code unit of the escape at a position: `\u` and four digits.
    private static func unit(in text: ArraySlice<UInt8>, at position: Int) -> UInt16? {
        guard position + 6 <= text.endIndex, text[position] == UInt8(ascii: "\\"),
            text[position + 1] == UInt8(ascii: "u")
        else { return nil }
        return UInt16(String(decoding: text[(position + 2)..<(position + 6)], as: UTF8.self), radix: 16)
    }
}
