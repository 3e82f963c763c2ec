/// What a connection carries, by the kinds of calls that should not wait behind each other.
struct ConnectionLoad: Sendable {
    private(set) var shortReads = 0
    private(set) var longReads = 0
    private(set) var writes = 0
    private(set) var isolated = 0

    var count: Int { shortReads + longReads + writes + isolated }

    mutating func add(_ lane: Call.Lane, _ change: Int = 1) {
        switch lane {
        case .shortRead: shortReads += change
        case .longRead: longReads += change
        case .write(.isolated): isolated += change
        case .write: writes += change
        }
    }
}
