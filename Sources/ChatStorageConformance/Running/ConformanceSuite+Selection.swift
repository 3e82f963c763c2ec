extension ConformanceSuite {
    /// The checks whose ids match one of the patterns, in the suite's order.
    ///
    /// - Parameter patterns: Each is a check's id, the beginning of ids (`order.`), or a pattern for the whole id, in
    ///   which `*` stands for any characters and `?` for one.
    public static func checks(matching patterns: [String]) -> [Check] {
        let ids = Set(checks.map(\.id))
        return checks.filter { check in
            patterns.contains { pattern in
                // One id can be the beginning of another; only the exact one is meant then.
                if ids.contains(pattern) { return check.id == pattern }
                guard pattern.contains(where: { $0 == "*" || $0 == "?" }) else { return check.id.hasPrefix(pattern) }
                return matches(Array(check.id.utf8)[...], Array(pattern.utf8)[...])
            }
        }
    }

    /// The checks whose ids match none of the patterns, in the suite's order.
    ///
    /// A run of them is never a full pass.
    ///
    /// - Parameter patterns: Patterns as in ``checks(matching:)``.
    public static func checks(except patterns: [String]) -> [Check] {
        let ids = Set(checks(matching: patterns).map(\.id))
        return checks.filter { !ids.contains($0.id) }
    }

    /// Goes back to the last `*` if the rest does not match, so that it takes one more character.
    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var (text, pattern) = (text, pattern)
        var retry: (text: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
        while true {
            switch (text.first, pattern.first) {
            case (_, UInt8(ascii: "*")):
                pattern = pattern.dropFirst()
                retry = (text, pattern)
            case (nil, nil):
                return true
            case (let character?, let expected?) where expected == UInt8(ascii: "?") || expected == character:
                (text, pattern) = (text.dropFirst(), pattern.dropFirst())
            default:
                guard let last = retry, !last.text.isEmpty else { return false }
                text = last.text.dropFirst()
                pattern = last.pattern
                retry = (text, pattern)
            }
        }
    }
}
