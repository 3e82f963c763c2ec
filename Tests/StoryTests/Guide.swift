import Foundation

/// A page of the core's documentation.
struct Guide {
    /// Its Swift code.
    let blocks: [String]

    init(_ page: String) throws {
        let text = try Self.text("../../Sources/ChatStorageCore/Documentation.docc/\(page).md")
        blocks = text.split(separator: "```swift\n").dropFirst()
            .compactMap { $0.split(separator: "```", omittingEmptySubsequences: false).first.map(String.init) }
    }

    /// The blocks that a file of this target does not have as they stand.
    func blocks(notIn file: String) throws -> [String] {
        let code = try Self.text(file)
        return blocks.filter { block in
            // The body of a function, and a type in another, are shown without the indentation that they have there.
            !["", "    ", "        "].contains { code.contains(block.replacing(/(?m)^(?=.)/, with: $0)) }
        }
    }

    private static func text(_ path: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
    }
}
