#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The body of a request to an API, and the omissions in it.
public struct EncodedBody: Sendable {
    /// The bytes to send: one JSON object as UTF-8.
    public let data: Data
    /// What was left out of the messages, and why, in the order of the messages.
    public let omissions: [Omission]

    /// Makes a body.
    ///
    /// - Parameters:
    ///   - data: The bytes to send.
    ///   - omissions: What was left out of them.
    public init(data: Data, omissions: [Omission]) {
        self.data = data
        self.omissions = omissions
    }
}
