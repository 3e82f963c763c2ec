import TestSupport
import Testing

@Suite("The end of the tool", .timeLimit(.minutes(5)))
struct ClosedStoreTests {
    /// OpenSSL frees what it has when a process exits, under the hands of whoever still uses it.
    @Test("a store that was used over TLS is closed before the process exits")
    func overTLS() async throws {
        guard let tls = try await TLSServer.ifPossible() else { return }
        defer { withExtendedLifetime(tls) {} }
        let tool = try Tool()
        let environment = ["CHATSTORAGE_URL": tls.url("&sslmode=require")]
        #expect(try await tool.run("add", "d", "user", "hello", environment: environment).status == 0)
        for _ in 0..<40 {
            let run = try await tool.run("history", "d", environment: environment)
            #expect(run.status == 0 && run.output.contains("hello"), "\(run)")
        }
    }
}
