import ChatStorageConformance
import XCTest

final class JSONLinesXCTests: XCTestCase {
    func testConforms() async throws {
        let checks = ConformanceSuite.checks(matching: ["harness.", "order."])
        let report = try await ConformanceSuite.runAsEnvironmentSays(checks, on: JSONLinesHarness())
        XCTAssertFalse(report.isFailure, "\(report)")
    }
}
