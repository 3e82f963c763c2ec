import CAllocator
import Foundation

/// What this process takes of the machine's memory, in bytes; Linux only.
enum ProcessMemory {
    /// Allocated and not freed, headers of the allocator included.
    static func allocated() throws -> Int {
        guard let state = allocator_state() else { throw Failure("the allocator does not report what is allocated") }
        defer { free(state) }
        // After the arenas come their totals: <total type="rest" count="1" size="2"/>.
        let totals = String(cString: state).components(separatedBy: "</heap>").last ?? ""
        func size(_ element: String, _ type: String) -> Int {
            let pattern = "<\(element) type=\"\(type)\""
            guard let line = totals.split(separator: "\n").first(where: { $0.hasPrefix(pattern) }),
                let value = line.range(of: "size=\"")
            else { return 0 }
            return Int(line[value.upperBound...].prefix { $0 != "\"" }) ?? 0
        }
        return size("system", "current") + size("total", "mmap") - size("total", "fast") - size("total", "rest")
    }

    /// Forgets the highest resident size so far, and gives freed memory back to the system.
    static func resetPeak() {
        allocator_trim()
        // Five resets the peak (https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html).
        try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    }

    /// The resident size now.
    static func resident() -> Int { status("VmRSS:") }

    /// The highest resident size since it was reset.
    static func peak() -> Int { status("VmHWM:") }

    private static func status(_ name: String) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let fields = line.split { $0 == " " || $0 == "\t" }
            return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 1024
        }
        return 0
    }
}
