import ChatStorageConformance
import XCTest

/// The same checks without Swift Testing: any test framework can run them.
final class XCTestConformanceTests: XCTestCase {
    func testHarness() async throws {
        let report = try await ConformanceSuite.runAsEnvironmentSays(
            ConformanceSuite.checks(matching: ["harness."]), on: InMemoryHarness())
        XCTAssertFalse(report.isFailure, "\(report)")
        XCTAssertFalse(report.isFullPass, "a part of the suite is no full pass")
    }

    func testIsolationOfTenants() async {
        for check in ConformanceSuite.checks(matching: ["tenants.*"]) {
            let result = await ConformanceSuite.run(check, on: InMemoryHarness())
            XCTAssertFalse(result.isFailure, "\(result)")
        }
    }
}
