/// A statement that stores messages without keys, in two forms, so that plain messages need not bind values that they
/// lack.
struct MessageStatement: Sendable {
    /// Takes plain messages.
    let lean: PreparedSQL
    /// Takes any messages without keys.
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
