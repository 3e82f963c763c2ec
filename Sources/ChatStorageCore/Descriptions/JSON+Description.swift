extension Metadata: CustomStringConvertible {
    /// The object as compact JSON: ``text``.
    public var description: String { text }
}

extension JSONValue: CustomStringConvertible {
    /// The value as compact JSON: ``text``.
    public var description: String { text }
}

extension JSONObject: CustomStringConvertible {
    /// The object as compact JSON.
    public var description: String { JSONValue.object(self).text }
}
