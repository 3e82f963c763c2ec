/// The columns that a statement takes from a value: names, types and bindings in one list, so that their orders agree.
struct BoundColumns<Value>: Sendable {
    /// A column, or an array of its values for several rows.
    struct Column: Sendable {
        let name: String
        let type: ParameterType
        let append: @Sendable (_ value: Value, _ parameters: inout Parameters) -> Void

        init(
            _ name: String, _ type: ParameterType,
            _ append: @escaping @Sendable (_ value: Value, _ parameters: inout Parameters) -> Void
        ) {
            self.name = name
            self.type = type
            self.append = append
        }
    }

    let columns: [Column]

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// How many parameters they take.
    var count: Int { columns.count }
    /// The types of their parameters.
    var types: [ParameterType] { columns.map(\.type) }
    /// Their names, as a list.
    var names: String { columns.map(\.name).joined(separator: ", ") }

    /// Their names in a table or subquery, as a list.
    func names(in table: String) -> String {
        columns.map { "\(table).\($0.name)" }.joined(separator: ", ")
    }

    /// Their parameters, as a list.
    ///
    /// - Parameter first: The number of the first of them.
    func parameters(from first: Int) -> String {
        columns.indices.map { "$\(first + $0)" }.joined(separator: ", ")
    }

    /// The parameter of one of them.
    ///
    /// - Parameter first: The number of the first parameter.
    func parameter(_ name: String, from first: Int) -> String {
        "$\(first + (columns.firstIndex { $0.name == name } ?? 0))"
    }

    /// Appends a value's columns to a statement's values.
    func append(_ value: Value, to parameters: inout Parameters) {
        for column in columns { column.append(value, &parameters) }
    }
}
