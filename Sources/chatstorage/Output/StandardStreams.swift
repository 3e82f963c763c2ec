#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The streams that a process is started with, some of which can be closed.
enum StandardStreams {
    /// Occupies the numbers of closed streams: a file or connection with such a number would get the stream's output.
    ///
    /// It must come before anything else opens a descriptor.
    static func holdNumbersOfClosed() {
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) == -1 {
            // The lowest free number is this one. Opened the wrong way, it cannot be read or written, like a closed
            // one.
            _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Whether standard output can be written.
    static var hasOutput: Bool {
        let flags = fcntl(STDOUT_FILENO, F_GETFL)
        return flags != -1 && flags & O_ACCMODE != O_RDONLY
    }
}
