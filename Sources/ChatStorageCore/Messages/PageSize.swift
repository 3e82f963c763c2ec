/// How many messages the next page of a walk asks for, so that a page stays near a size in memory whatever its texts.
struct PageSize {
    private static let bytesPerPage = 1 << 20
    private static let bounds = 1...200

    private(set) var messages: Int

    /// - Parameter messages: How many the first page has, within bounds.
    init(messages: Int = 20) {
        self.messages = min(max(messages, Self.bounds.lowerBound), Self.bounds.upperBound)
    }

    /// Learns from a page: few long messages make the next page short, many short ones make it longer.
    mutating func adapt(to page: [Message]) {
        guard !page.isEmpty else { return }
        let bytes = page.reduce(0) { $0 + $1.body.storedBytes + 100 }
        let fitting = Self.bytesPerPage * page.count / bytes
        // Growing by steps keeps one page of short messages from asking for very many long ones.
        messages = min(max(fitting, Self.bounds.lowerBound), messages * 4, Self.bounds.upperBound)
    }
}
