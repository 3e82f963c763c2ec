/// The types of the parameters, by their fixed object ids (PostgreSQL's `pg_type.dat`).
enum ParameterType: UInt32, Sendable {
    case boolean = 16
    case bigint = 20
    case text = 25
    case textArray = 1009
    case bigintArray = 1016
    case timestamptz = 1184
    case timestamptzArray = 1185
}
