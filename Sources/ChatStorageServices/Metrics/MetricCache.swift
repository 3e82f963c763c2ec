import Synchronization

/// Metrics that are made when they are needed, and kept.
final class MetricCache<Key: Hashable & Sendable, Metric: Sendable>: Sendable {
    private let metrics = Mutex<[Key: Metric]>([:])

    /// The metric of a key.
    ///
    /// - Parameters:
    ///   - key: One of a few keys: the metrics of all keys are kept.
    ///   - make: Makes the metric; nil if there is to be none.
    func metric(_ key: Key, _ make: () -> Metric?) -> Metric? {
        if let metric = metrics.withLock({ $0[key] }) { return metric }
        // The factory is foreign code, so it is called without the lock; if several callers make the metric, the first
        // one is kept.
        guard let made = make() else { return nil }
        return metrics.withLock { metrics in
            if let first = metrics[key] { return first }
            metrics[key] = made
            return made
        }
    }
}
