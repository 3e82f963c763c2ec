import ChatStorageCore
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// A database file that another handle makes at just this moment.
@Suite struct AppearingFileTests {
    @Test func aFileThatAppearsBetweenTwoLooksIsNoLink() throws {
        let folder = try TemporaryFolder()
        let file = DatabaseFile(path: folder.path(of: "chat.db"))
        let isOver = Mutex(false)
        let maker = Thread {
            while !isOver.withLock(\.self) {
                _ = FileManager.default.createFile(atPath: file.path, contents: nil)
                unlink(file.path)
            }
        }
        maker.start()
        defer { isOver.withLock { $0 = true } }
        var (looks, seen) = (0, Set<Bool>())
        // On a busy machine the other thread may begin late.
        while looks < 50_000 || seen.count < 2 && looks < 50_000_000 {
            seen.insert(try file.exists())
            looks += 1
        }
        #expect(seen == [true, false], "the file did not come and go")
    }
}
