/// Counts an import's problems by kind, so that a file that is wrong throughout does not repeat a line a thousand
/// times.
///
/// Problems are of one kind if their sentences differ in numbers only.
struct ProblemKinds {
    /// How many of a kind are shown.
    static let shown = 10
    /// The names in a file can make any number of kinds; after this many, all further ones count as one.
    private static let most = 100

    private var counts: [(kind: String, count: Int)] = []

    /// Counts a problem.
    ///
    /// - Returns: Whether it is shown.
    mutating func count(_ sentence: String) -> Bool {
        let kind = sentence.replacing(/[0-9]+/, with: "N")
        if let index = counts.firstIndex(where: { $0.kind == kind }) ?? counts.indices.last(where: { $0 == Self.most })
        {
            counts[index].count += 1
            return counts[index].count <= Self.shown
        }
        counts.append((counts.count < Self.most ? kind : "other problems", 1))
        return true
    }

    /// A sentence for each kind with problems that were not shown.
    var rest: [String] {
        counts.filter { $0.count > Self.shown }.map { "\(($0.count - Self.shown).grouped) more: \($0.kind)" }
    }
}
