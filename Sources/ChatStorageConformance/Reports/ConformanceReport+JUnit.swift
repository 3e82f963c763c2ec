extension ConformanceReport {
    /// The report as JUnit XML, which servers for continuous integration show.
    ///
    /// The format has no element for a check that does not apply or whose failure is waived: both are `skipped`, with
    /// the reason. The properties `filtered` and `fullPass` show whether the run was complete, and the name of a
    /// filtered run says that it was filtered.
    public func junitXML() -> String {
        let counts = counts
        let tests = results.count + unknownWaivers.count
        let failures = counts.failed + unknownWaivers.count
        let skipped = counts.skipped + counts.waived + counts.notApplicable
        let part = isFiltered ? " (a part of the suite's \(ConformanceSuite.checks.count) checks)" : ""
        let seconds = results.reduce(0) { $0 + $1.duration / .seconds(1) }

        var xml = XMLText()
        xml.open("testsuites")
        xml.open(
            "testsuite",
            [
                ("name", "ChatStorageConformance on \(backend)\(part)"), ("tests", "\(tests)"),
                ("failures", "\(failures)"), ("errors", "0"), ("skipped", "\(skipped)"), ("time", "\(seconds)"),
            ])
        xml.open("properties")
        for (name, value) in [
            ("backend", backend), ("seed", "\(seed)"), ("filtered", "\(isFiltered)"), ("fullPass", "\(isFullPass)"),
            ("waived", "\(counts.waived)"), ("notApplicable", "\(counts.notApplicable)"),
        ] {
            xml.empty("property", [("name", name), ("value", value)])
        }
        xml.close("properties")
        for result in results { add(result, to: &xml) }
        for waiver in unknownWaivers {
            xml.open("testcase", [("classname", backend), ("name", waiver.checkID), ("time", "0")])
            xml.empty("failure", [("message", "the suite has no such check to waive: \(waiver.reason)")])
            xml.close("testcase")
        }
        xml.close("testsuite")
        xml.close("testsuites")
        return xml.text
    }

    private func add(_ result: CheckResult, to xml: inout XMLText) {
        xml.open(
            "testcase",
            [
                ("classname", "\(backend)"), ("name", result.check.id),
                ("time", "\(result.duration / .seconds(1))"),
            ])
        switch result.outcome {
        case .passed: break
        case .failed(let failures):
            xml.element("failure", [("message", failures.first?.expectation ?? "")], text: "\(result)")
        case .waived(let reason, _):
            xml.empty("skipped", [("message", "failed and waived, \(reason)")])
            xml.element("system-out", text: "\(result)")
        case .skipped(let reason):
            xml.empty("skipped", [("message", "skipped, \(reason)")])
        case .notApplicable(let reason):
            xml.empty("skipped", [("message", "not applicable, \(reason)")])
        }
        xml.close("testcase")
    }
}
