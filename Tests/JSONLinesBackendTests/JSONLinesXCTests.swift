import ChatStorageConformance
import XCTest

final class JSONLinesXCTests: XCTestCase {
    func testConforms() async {
        let report = await ConformanceSuite.run(on: JSONLinesHarness())
        XCTAssert(report.isFullPass, "\(report)")
    }
}
