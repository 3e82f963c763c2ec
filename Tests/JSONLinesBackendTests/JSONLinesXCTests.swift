import ChatStorageConformance
import XCTest

final class JSONLinesXCTests: XCTestCase {
    func testConforms() async {
        let checks = ConformanceSuite.checks(matching: ["harness.", "order."])
        let report = await ConformanceSuite.run(checks, on: JSONLinesHarness())
        XCTAssertFalse(report.isFailure, "\(report)")
    }
}
