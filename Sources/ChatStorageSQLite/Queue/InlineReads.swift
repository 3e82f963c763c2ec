import Synchronization

/// Whether a store's short reads run on the threads of their callers.
///
/// Those are Swift's own, one for each core, and a slow disk would block them all. So reads run there only after
/// several in a row were quick, until one is not.
final class InlineReads: Sendable {
    /// How many quick reads in a row are needed.
    private static let enough = 16

    /// How many reads in a row were quick; not counted further than ``enough``.
    private let quickReads = Atomic(0)

    /// Whether the disk is known to be quick.
    var areAllowed: Bool { quickReads.load(ordering: .relaxed) >= Self.enough }

    /// Notes a short read, whatever thread it ran on.
    func note(isSlow: Bool) {
        if isSlow {
            quickReads.store(0, ordering: .relaxed)
        } else if !areAllowed {
            quickReads.add(1, ordering: .relaxed)
        }
    }
}
