import ChatStorageConformance
import XCTest

/// The same checks without Swift Testing: any test framework can run them.
final class XCTestConformanceTests: XCTestCase {
    func testHarness() async throws {
        let checks = ConformanceSuite.checks(matching: ["harness."])
        XCTAssertFalse(checks.isEmpty)
        let report = try await ConformanceSuite.runAsEnvironmentSays(checks, on: InMemoryHarness())
        XCTAssertFalse(report.isFailure, "\(report)")
        XCTAssertFalse(report.isFullPass, "a part of the suite is no full pass")
    }

    func testIsolationOfTenants() async {
        let checks = ConformanceSuite.checks(matching: ["tenants.*"])
        XCTAssertFalse(checks.isEmpty)
        for check in checks {
            let result = await ConformanceSuite.run(check, on: InMemoryHarness())
            XCTAssertFalse(result.isFailure, "\(result)")
        }
    }
}
