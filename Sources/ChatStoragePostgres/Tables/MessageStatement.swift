/// A statement that stores messages without keys, in two forms: plain messages cost no values that they do not have.
struct MessageStatement: Sendable {
    /// Takes plain messages.
    let lean: PreparedSQL
    /// Takes all messages without keys.
    let rich: PreparedSQL

    /// Makes both forms.
    init(_ form: (_ suffix: String, _ shape: BoundColumns<MessageValues>) -> PreparedSQL) {
        lean = form("", MessageTable.lean)
        rich = form("_with_parts", MessageTable.rich)
    }

    /// The form for messages.
    func sql(for values: MessageValues) -> PreparedSQL { values.arePlain ? lean : rich }

    /// Appends the values of messages, as that form takes them.
    func append(_ values: MessageValues, to parameters: inout Parameters) {
        (values.arePlain ? MessageTable.lean : MessageTable.rich).append(values, to: &parameters)
    }
}
