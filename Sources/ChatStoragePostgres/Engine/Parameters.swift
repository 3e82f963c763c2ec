import ChatStorageCore
import ChatStorageSupport

/// The values of a statement's parameters in PostgreSQL's binary format, with explicit lengths, in one buffer.
struct Parameters: Sendable {
    private var bytes: [UInt8]
    /// The length of each value in turn; a negative one is NULL.
    private var lengths: [Int32] = []
    /// libpq's code for the binary format, once for each value; no statement has more values.
    private static let binary = [Int32](repeating: 1, count: 16)

    /// Makes the values that the body appends, in the order of the statement's `$1`, `$2`, ...
    ///
    /// - Parameter bytes: About how many bytes they have.
    init(bytes capacity: Int = 0, _ body: (inout Parameters) -> Void = { _ in }) {
        bytes = []
        bytes.reserveCapacity(capacity)
        body(&self)
    }

    /// Appends a `text`.
    mutating func append(_ text: String) {
        appendValue { $0.append(utf8: text) }
    }

    /// Appends a `text` or NULL.
    mutating func append(_ text: String?) {
        if let text { append(text) } else { lengths.append(-1) }
    }

    /// Appends a `boolean`.
    mutating func append(_ value: Bool) {
        appendValue { $0.append(value ? 1 : 0) }
    }

    /// Appends a `bigint`.
    mutating func append(_ number: Int64) {
        appendValue { $0.append(bigEndian: number) }
    }

    /// Appends a `bigint` or NULL.
    mutating func append(_ number: Int64?) {
        if let number { append(number) } else { lengths.append(-1) }
    }

    /// Appends a time in milliseconds as `text`, for a setting.
    ///
    /// PostgreSQL counts them in 32 bits. 0 means no limit, so a time below a millisecond becomes one.
    mutating func append(milliseconds duration: Duration) {
        append("\(Int32(min(max((duration / .milliseconds(1)).rounded(.up), 1), 2e9)))")
    }

    /// Appends a `timestamptz`.
    mutating func append(_ time: Timestamp) {
        append(PostgresTime.microseconds(of: time))
    }

    /// Appends a `timestamptz` or NULL.
    mutating func append(_ time: Timestamp?) {
        append(time.map(PostgresTime.microseconds))
    }

    /// Appends a `text[]` or NULL.
    mutating func append(textsOrNull texts: [String]?) {
        if let texts { append(texts: texts) } else { lengths.append(-1) }
    }

    /// Appends a `text[]`.
    mutating func append(texts: some Collection<String>) {
        appendArray(of: .text, count: texts.count) { bytes in
            for text in texts {
                bytes.append(bigEndian: Int32(clamping: text.utf8.count))
                bytes.append(utf8: text)
            }
        }
    }

    /// Appends a `text[]`, some of whose elements are NULL.
    mutating func append(texts: some Collection<String?>) {
        appendArray(of: .text, count: texts.count, hasNulls: true) { bytes in
            for text in texts {
                bytes.append(bigEndian: text.map { Int32(clamping: $0.utf8.count) } ?? -1)
                if let text { bytes.append(utf8: text) }
            }
        }
    }

    /// Appends a `bigint[]`.
    mutating func append(numbers: some Collection<Int64>) {
        appendArray(of: .bigint, numbers)
    }

    /// Appends a `bigint[]`, some of whose elements are NULL.
    mutating func append(numbersOrNulls numbers: some Collection<Int64?>) {
        appendArrayWithNulls(of: .bigint, numbers)
    }

    /// Appends a `timestamptz[]`, some of whose elements are NULL.
    mutating func append(timesOrNulls times: some Collection<Timestamp?>) {
        appendArrayWithNulls(of: .timestamptz, times.lazy.map { $0.map(PostgresTime.microseconds) })
    }

    /// Appends a `timestamptz[]`.
    mutating func append(times: some Collection<Timestamp>) {
        appendArray(of: .timestamptz, times.lazy.map(PostgresTime.microseconds))
    }

    /// Calls the body with the values as libpq takes them.
    func withPointers<Result>(
        _ body: (_ count: Int32, _ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]) -> Result
    ) -> Result {
        // libpq takes a null pointer for NULL, so a value without bytes needs an address too.
        let storage = bytes.isEmpty ? [0] : bytes
        return storage.withUnsafeBytes { buffer in
            let start = buffer.assumingMemoryBound(to: CChar.self).baseAddress
            var offset = 0
            let values = lengths.map { length -> UnsafePointer<CChar>? in
                guard length >= 0 else { return nil }
                defer { offset += Int(length) }
                return start?.advanced(by: offset)
            }
            let formats =
                lengths.count <= Self.binary.count ? Self.binary : [Int32](repeating: 1, count: lengths.count)
            return body(Int32(lengths.count), values, lengths, formats)
        }
    }

    private mutating func appendValue(_ write: (inout [UInt8]) -> Void) {
        let before = bytes.count
        write(&bytes)
        lengths.append(Int32(clamping: bytes.count - before))
    }

    private mutating func appendArray(of type: ParameterType, _ numbers: some Collection<Int64>) {
        appendArray(of: type, count: numbers.count) { bytes in
            for number in numbers {
                bytes.append(bigEndian: Int32(8))
                bytes.append(bigEndian: number)
            }
        }
    }

    private mutating func appendArrayWithNulls(of type: ParameterType, _ numbers: some Collection<Int64?>) {
        appendArray(of: type, count: numbers.count, hasNulls: true) { bytes in
            for number in numbers {
                bytes.append(bigEndian: Int32(number == nil ? -1 : 8))
                if let number { bytes.append(bigEndian: number) }
            }
        }
    }

    /// Appends an array of one dimension that counts from 1.
    private mutating func appendArray(
        of type: ParameterType, count: Int, hasNulls: Bool = false, _ writeElements: (inout [UInt8]) -> Void
    ) {
        appendValue { bytes in
            bytes.append(bigEndian: Int32(count == 0 ? 0 : 1))
            bytes.append(bigEndian: Int32(hasNulls ? 1 : 0))
            bytes.append(bigEndian: Int32(bitPattern: type.rawValue))
            guard count > 0 else { return }
            bytes.append(bigEndian: Int32(clamping: count))
            bytes.append(bigEndian: Int32(1))
            writeElements(&bytes)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(utf8 text: String) {
        text.withUTF8Bytes { append(contentsOf: $0) }
    }

    fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}
