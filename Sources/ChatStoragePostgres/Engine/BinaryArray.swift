import ChatStorageSupport

/// PostgreSQL's binary format of arrays: the number of dimensions, whether there are NULLs, the elements' type, for
/// each dimension its length and lower bound, then each element with its length (`array_send` of the server's source).
enum BinaryArray {
    /// Reads an array of texts of at most one dimension, counted from 1, and without NULLs; nil for anything else.
    ///
    /// PostgreSQL treats arrays with another lower bound as unequal, so a value that was read could not be compared
    /// with the stored one.
    static func texts(_ bytes: UnsafeRawBufferPointer) -> [String]? {
        var rest = bytes[...]
        func number() -> Int? {
            guard rest.count >= 4 else { return nil }
            defer { rest = rest.dropFirst(4) }
            return Int(Int32(bigEndian: UnsafeRawBufferPointer(rebasing: rest).loadUnaligned(as: Int32.self)))
        }
        guard let dimensions = number(), number() != nil, let type = number(), type == Int(ParameterType.text.rawValue)
        else { return nil }
        if dimensions == 0 { return rest.isEmpty ? [] : nil }
        guard dimensions == 1, let count = number(), number() == 1, count >= 0 else { return nil }
        var texts: [String] = []
        for _ in 0..<count {
            guard let length = number(), length >= 0, length <= rest.count else { return nil }
            let element = UnsafeRawBufferPointer(rebasing: rest.prefix(length)).bindMemory(to: UInt8.self)
            guard let text = String(validUTF8: element) else { return nil }
            texts.append(text)
            rest = rest.dropFirst(length)
        }
        return rest.isEmpty ? texts : nil
    }
}
