import Dispatch

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// A file, pipe or terminal, read and written on a queue of its own, so that waiting for it blocks no task.
package final class FileDescriptor: Sendable {
    /// The process's standard input.
    package static let standardInput = FileDescriptor(STDIN_FILENO, isOwned: false)
    /// The process's standard output.
    package static let standardOutput = FileDescriptor(STDOUT_FILENO, isOwned: false)
    /// The process's standard error.
    package static let standardError = FileDescriptor(STDERR_FILENO, isOwned: false)

    private static let bytesPerRead = 256 << 10

    private let descriptor: CInt
    private let isOwned: Bool
    private let queue = DispatchQueue(label: "ChatStorage.FileDescriptor")

    /// Wraps a descriptor; an owned one is closed when the last reference goes.
    package init(_ descriptor: CInt, isOwned: Bool) {
        self.descriptor = descriptor
        self.isOwned = isOwned
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// Opens a file for reading; opening a named pipe waits for its writer.
    ///
    /// - Throws: ``SystemError``; `CancellationError` at once when the task is cancelled.
    package static func reading(path: String) async throws -> FileDescriptor {
        try await open(path) { systemOpen($0, O_RDONLY | O_CLOEXEC) }
    }

    /// Opens a file for writing; creates a missing file and empties an existing one.
    ///
    /// - Throws: ``SystemError``; `CancellationError` at once when the task is cancelled.
    package static func writing(path: String) async throws -> FileDescriptor {
        try await open(path) { systemOpen($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC) }
    }

    private static func open(
        _ path: String, by open: @escaping @Sendable (String) -> CInt
    ) async throws -> FileDescriptor {
        try await CancellableContinuation<FileDescriptor>.wait { call in
            DispatchQueue(label: "ChatStorage.FileDescriptor.open").async {
                guard call.begin() else { return }
                let descriptor = open(path)
                call.end(
                    descriptor >= 0
                        ? .success(FileDescriptor(descriptor, isOwned: true)) : .failure(SystemError(errno)))
            }
        }
    }

    /// How many bytes a regular file has; nil for a pipe and for a missing file.
    ///
    /// The file is not opened: that would end the writer of a named pipe.
    package static func size(path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// What changes when somebody writes to a regular file.
    package struct Version: Sendable, Equatable {
        let bytes: Int64
        let seconds: Int64
        let nanoseconds: Int64
    }

    /// The present version of a regular file; nil for a pipe.
    ///
    /// - Throws: ``SystemError``; `CancellationError` at once when the task is cancelled.
    package func version() async throws -> Version? {
        try await CancellableContinuation<Version?>.wait { call in
            queue.async { [self] in
                guard call.begin() else { return }
                var status = stat()
                guard fstat(descriptor, &status) == 0 else {
                    call.end(.failure(SystemError(errno)))
                    return
                }
                call.end(.success(Version(status)))
            }
        }
    }

    /// Whether it is a terminal.
    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// The terminal's width in columns; nil if it is no terminal.
    package var columns: Int? {
        var window = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return nil }
        return Int(window.ws_col)
    }

    /// Reads up to 256 KiB, and waits until there is something; returns nothing at the end.
    ///
    /// - Throws: ``SystemError``; `CancellationError` at once if the task is cancelled, and then the bytes of this read
    ///   are lost.
    package func read() async throws -> [UInt8] {
        try await CancellableContinuation<[UInt8]>.wait { call in
            queue.async { [self] in
                guard call.begin() else { return }
                call.end(Result { try readBlocking() })
            }
        }
    }

    /// Writes all the bytes, waiting for room.
    ///
    /// - Throws: ``SystemError``; `CancellationError` at once if the task is cancelled, while the write goes on.
    package func write(_ bytes: [UInt8]) async throws {
        try await CancellableContinuation<Void>.wait { call in
            queue.async { [self] in
                guard call.begin() else { return }
                call.end(Result { try writeBlocking(bytes[...]) })
            }
        }
    }

    private func readBlocking() throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: Self.bytesPerRead) { buffer, count in
            count = try retrying(POLLIN) { systemRead(descriptor, buffer.baseAddress, buffer.count) }
        }
    }

    private func writeBlocking(_ bytes: ArraySlice<UInt8>) throws {
        var rest = bytes
        while !rest.isEmpty {
            let written = try rest.withUnsafeBytes { buffer in
                try retrying(POLLOUT) { systemWrite(descriptor, buffer.baseAddress, buffer.count) }
            }
            rest = rest.dropFirst(written)
        }
    }

    /// Repeats an interrupted call, and waits if another program made the descriptor non-blocking.
    private func retrying(_ event: CInt, _ call: () -> Int) throws -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK:
                var wait = pollfd(fd: descriptor, events: CShort(event), revents: 0)
                _ = poll(&wait, 1, -1)
            case let code: throw SystemError(code)
            }
        }
    }
}

// Inside the class the names `open`, `read` and `write` are its own methods.
private func systemOpen(_ path: String, _ flags: CInt) -> CInt {
    // The permissions of a new file, minus those in the process's mask.
    open(path, flags, 0o666)
}

private func systemRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}

private func systemWrite(_ descriptor: CInt, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, buffer, count)
}

extension FileDescriptor.Version {
    fileprivate init?(_ status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        self.init(bytes: Int64(status.st_size), seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
    }
}
