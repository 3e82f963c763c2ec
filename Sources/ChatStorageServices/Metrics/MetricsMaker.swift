import CoreMetrics

/// Makes metrics that share dimensions; one without a name is not made.
struct MetricsMaker: Sendable {
    let factory: any MetricsFactory
    let dimensions: [(String, String)]

    func timer(_ name: String?, _ others: (String, String)...) -> Timer? {
        name.map {
            Timer(label: $0, dimensions: dimensions + others, preferredDisplayUnit: .seconds, factory: factory)
        }
    }

    func recorder(_ name: String?) -> Recorder? {
        name.map { Recorder(label: $0, dimensions: dimensions, factory: factory) }
    }

    func counter(_ name: String?, _ others: (String, String)...) -> Counter? {
        name.map { Counter(label: $0, dimensions: dimensions + others, factory: factory) }
    }

    func meter(_ name: String?, _ others: (String, String)...) -> Meter? {
        name.map { Meter(label: $0, dimensions: dimensions + others, factory: factory) }
    }
}

extension Timer {
    /// Records a duration, at most the 292 years that fit.
    func record(_ duration: Duration) {
        // A division of doubles: `components` divides integers of 128 bits, which takes many times as long.
        recordNanoseconds(Int64(exactly: (duration / .nanoseconds(1)).rounded()) ?? .max)
    }
}
