import ChatStorageCore
import ChatStorageSupport

/// The conversations of another program's SQLite file, read on a thread of their own, one at a time.
final class SQLiteChats: Sendable {
    /// What is open.
    ///
    // `@unchecked Sendable`: only closures on the one serial thread read or change it.
    private final class Reading: @unchecked Sendable {
        var database: ForeignDatabase?
        var reader: (any SQLiteFormReader)?
        var number = 0
    }

    private let thread = SerialThread()
    private let reading = Reading()
    private let fileBytes: Int64

    /// Opens a file; nil if it is no SQLite database.
    ///
    /// - Throws: ``ChatFileError`` if it is a database that cannot be read.
    init?(path: String) async throws {
        // Reading a pipe would take bytes from it.
        guard let bytes = FileDescriptor.size(path: path), bytes > 0 else { return nil }
        fileBytes = bytes
        let start = try await FileDescriptor.reading(path: path).read()
        guard ForeignDatabase.isOne(start.prefix(16)) else { return nil }
        try await run { reading in
            let database = try ForeignDatabase(path: path)
            let tables = try database.tables()
            if SQLiteForm.isStore(tables) {
                throw ForeignDatabaseError(
                    reason: "is a store of this library; copy it with `chatstorage copy`, or export its chats")
            }
            let forms = SQLiteForm.recognize(tables)
            guard !forms.isEmpty else {
                throw ForeignDatabaseError(reason: "is a SQLite database without tables of chats that are known")
            }
            reading.database = database
            for form in forms where reading.reader == nil { reading.reader = try form.begin(database) }
        }
    }

    /// The next conversation, nil after the last.
    func next() async throws -> (number: Int, bytesRead: Int64, Result<ForeignConversation, InvalidConversation>)? {
        try Task.checkCancellation()
        let bytes = fileBytes
        do {
            return try await run { reading in
                guard let reader = reading.reader else { return nil }
                let result: Result<ForeignConversation, InvalidConversation>
                do {
                    guard let conversation = try reader.next() else {
                        try reading.database?.checkIsUnchanged()
                        (reading.reader, reading.database) = (nil, nil)
                        return nil
                    }
                    result = .success(conversation)
                } catch let problem as InvalidConversation {
                    result = .failure(problem)
                }
                reading.number += 1
                let part = Double(reading.number) / Double(max(reader.count, reading.number))
                return (reading.number, Int64(Double(bytes) * part), result)
            }
        } catch let error as ChatFileError where error.code == .otherFormat {
            // What was read before is fine.
            let number = try await run { reading in
                (reading.reader, reading.database) = (nil, nil)
                return reading.number + 1
            }
            return (number, bytes, .failure(InvalidConversation(reason: error.message, endsReading: true)))
        }
    }

    private func run<Value: Sendable>(_ body: @escaping @Sendable (Reading) throws -> Value) async throws -> Value {
        do {
            return try await thread.run { [reading] in try body(reading) }
        } catch let error as ForeignDatabaseError {
            throw ChatFileError.otherFormat(error.reason)
        } catch let error as ChatStorageError {
            throw ChatFileError(.unreadable, "cannot be read: \(error.message)")
        }
    }
}
