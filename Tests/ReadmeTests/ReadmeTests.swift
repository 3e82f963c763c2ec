import Foundation
import TestSupport
import Testing

/// The README's example and its test are the code of these targets, so they compile and run.
@Suite struct ReadmeTests {
    private static func text(of path: String) throws -> String {
        try String(contentsOf: TestedPackage.url(of: path), encoding: .utf8)
    }

    @Test func theExampleIsInTheReadmeAsItStands() throws {
        let example = try Self.text(of: "Tests/ReadmeExample/main.swift")
        #expect(try Self.text(of: "README.md").contains("```swift\n\(example)```"))
    }

    @Test func theTestIsInTheReadmeAsItStands() throws {
        let test = try Self.text(of: "Tests/ReadmeTests/ReadmeExampleTest.swift")
            .replacing("@testable import ReadmeExample\n", with: "@testable import MyApp  // where `ask` is\n")
        #expect(try Self.text(of: "README.md").contains("```swift\n\(test)```"))
    }

    @Test func theOtherCodeInTheReadmeNamesProductsOfThePackage() throws {
        let blocks = try Self.text(of: "README.md").components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        try #require(blocks.count == 3)
        let package = try Self.text(of: "Package.swift")
        let names = blocks[0].matches(of: /ChatStorage[A-Z]\w+/).map { String($0.output) }
        #expect(names.count > 2)
        for name in names { #expect(package.contains("library(name: \"\(name)\","), "\(name)") }
    }

    @Test func theExampleRuns() throws {
        let folder = try TemporaryFolder()
        #expect(try run(in: folder) == "You said: A weekend in Kyoto?\n")
    }

    private func run(in folder: TemporaryFolder) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("ReadmeExample")
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }
}
