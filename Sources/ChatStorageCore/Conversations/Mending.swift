/// A kind of fault in a conversation from elsewhere that can be mended without losing what was said.
///
/// ``ConversationSnapshot/mended()`` mends faults of a snapshot's values. A lenient reader of the library
/// `ChatStorageTransfer` also mends what a snapshot cannot express: another spelling of a role, a time as a number.
public struct Mending: Sendable, Hashable, CustomStringConvertible {
    /// A name for scripts: `decreasing_time`.
    public let name: String
    /// What was wrong, and what became of it: `times earlier than the one before, raised to it`.
    public let description: String

    private init(_ name: String, _ description: String) {
        self.name = name
        self.description = description
    }

    /// Whether both are the same kind.
    public static func == (left: Mending, right: Mending) -> Bool { left.name == right.name }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// A title of more than 200 Unicode scalars is cut; the whole is kept in the metadata if it fits.
    public static let longTitle = Mending("long_title", "titles over 200 Unicode scalars, cut")
    /// A label of more than 100 Unicode scalars is cut; empty labels and those beyond the first 32 are left out.
    ///
    /// All are kept in the metadata if they fit.
    public static let label = Mending("label", "labels that are too long, empty or too many, cut or left out")
    /// A time that is earlier than the one before it is raised to that one; the conversation's own times are fitted to
    /// those of its messages.
    public static let decreasingTime = Mending("decreasing_time", "times earlier than the one before, raised to it")
    /// U+0000 in a text becomes U+FFFD.
    public static let nul = Mending("nul", "texts with U+0000, replaced by U+FFFD")
    /// Metadata loses what storage does not take: what is nested too deep, and its largest members if it is larger
    /// than 64 KiB.
    public static let metadata = Mending("metadata", "members that metadata does not take, left out")

    /// A role in another spelling: `User`, `ai`, `human`.
    public static let role = Mending("role", "roles in another spelling, taken for the usual one")
    /// A number where an id or a text belongs becomes its digits.
    public static let number = Mending("number", "numbers in place of texts, taken as their digits")
    /// A number of seconds, milliseconds or microseconds since 1970 becomes that time.
    public static let epochTime = Mending("epoch_time", "times that are numbers, counted from 1970")
    /// A time without a zone gets the zone that the reader was given.
    public static let zonelessTime = Mending("zoneless_time", "times without a zone, given one")
    /// Half of a surrogate pair becomes U+FFFD.
    public static let surrogate = Mending("surrogate", "halves of surrogate pairs, replaced by U+FFFD")
}
