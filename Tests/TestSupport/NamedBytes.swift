/// Bytes as a test's argument, whose report then shows a name and not every byte.
package struct NamedBytes: Sendable, CustomStringConvertible {
    package let name: String
    package let bytes: [UInt8]

    package init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    package var description: String { name }
}
