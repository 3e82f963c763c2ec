import Foundation
import TestSupport
import Testing

/// The documentation shows no Swift code that does not compile: each block is code of a test target.
@Suite struct SnippetTests {
    /// The targets whose code the pages show.
    private static let targets = [
        "Tests/StoryTests", "Tests/ReadmeExample", "Tests/ReadmeTests", "Tests/ChatStorageProvidersTests",
        "Tests/ChatStorageServicesTests", "Tests/JSONLinesBackendTests",
    ]

    /// The files of a folder and of the folders in it whose names have this end.
    private static func files(in folder: String, ending end: String) throws -> [(path: String, text: Data)] {
        let url = TestedPackage.url(of: folder)
        return try FileManager.default.subpathsOfDirectory(atPath: url.path).filter { $0.hasSuffix(end) }.sorted()
            .map { ("\(folder)/\($0)", try Data(contentsOf: url.appendingPathComponent($0))) }
    }

    /// The Swift code of a page.
    private static func blocks(of page: Data) -> [String] {
        String(decoding: page, as: UTF8.self).components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
    }

    @Test func everyBlockIsCodeOfATest() throws {
        let code = try Self.targets.flatMap { try Self.files(in: $0, ending: ".swift") }
            .reduce(into: Data()) { $0 += $1.text }
        let pages = try Self.files(in: "Sources", ending: ".md").filter { $0.path.contains(".docc/") }
        #expect(pages.count > 20)
        var number = 0
        for page in pages {
            for block in Self.blocks(of: page.text) {
                number += 1
                // The body of a function, and a member of a type, are shown without the indentation that they have.
                let isThere = ["", "    ", "        "].contains { indentation in
                    code.range(of: Data(block.replacing(/(?m)^(?=.)/, with: indentation).utf8)) != nil
                }
                #expect(isThere, "\(page.path) shows code that no test has:\n\(block)")
            }
        }
        #expect(number > 60)
    }
}
