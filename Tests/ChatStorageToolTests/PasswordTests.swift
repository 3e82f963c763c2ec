import Foundation
import TestSupport
import Testing

@Suite("Passwords and the tool")
struct PasswordTests {
    @Test(
        "a URL that is in the wrong place, wrong or of no server is not shown",
        arguments: [
            ["list", "postgres://user:word4711@host/db"], ["list", "--stor=postgresql://user:word4711@host/db"],
            ["list", "--store", "postgres://user:word4711@127.0.0.1:1/db"],
            ["list", "--store", "postgres://user:word4711/x@127.0.0.1:1/db"],
            ["list", "--store", "postgres:user:word4711@127.0.0.1:1/db"],
            ["list", "--store", "mysql://user:word4711@127.0.0.1:1/db"],
            ["verify", "--store", "postgres://user:word4711@127.0.0.1:1/db", "--only", "nothing"],
            ["exec", "--store", "POSTGRES://user:word4711@127.0.0.1:1/db", "POSTGRES://user:word4711@127.0.0.1:1/db"],
        ])
    func urls(arguments: [String]) async throws {
        let result = try await Tool().run(arguments, input: Data())
        #expect(result.status != 0)
        #expect(!result.errors.isEmpty)
        #expect(!(result.output + result.errors).contains("word4711"), "\(result)")
    }

    @Test("the variable's URL is in no list of processes, and what the server reports is not printed")
    func environment() async throws {
        guard try TestBackends.postgres.isSelected() else { return }
        try await TestPostgres.withSchema { url, schema in
            let tool = try Tool()
            try await TestPostgres.execute("CREATE SCHEMA \(schema)")
            let store = url + (url.contains("?") ? "&" : "?") + "password=word4711&options=-csearch_path%3D\(schema)"
            let run = try RunningTool(tool, "exec", environment: ["CHATSTORAGE_URL": store])
            try await run.write(#"{"op": "create_conversation", "conversation_id": "c"}"# + "\n")
            #expect(try await run.readLine().hasPrefix(#"{"ok": "#))
            #if os(Linux)
            let arguments = try #require(FileManager.default.contents(atPath: "/proc/\(run.processID)/cmdline"))
            let words = String(decoding: arguments, as: UTF8.self)
            #expect(words.contains("exec") && !words.contains("word4711"))
            #endif
            // The server reports the row as a notice and in its error.
            try await TestPostgres.execute(
                """
                CREATE FUNCTION \(schema).tell() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE WARNING 'this is %', NEW.content;
                    RAISE EXCEPTION 'no %', NEW.content USING DETAIL = NEW.content;
                END $$;
                CREATE TRIGGER tell BEFORE INSERT ON \(schema).chat_messages
                FOR EACH ROW EXECUTE FUNCTION \(schema).tell()
                """)
            try await run.write(
                #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "text4711"}"# + "\n")
            let answer = try await run.readLine()
            #expect(answer.hasPrefix(#"{"error": {"code": "schema_mismatch""#), "\(answer)")
            try run.closeInput()
            let end = try await run.end()
            #expect(end.status == 0)
            #expect(!(answer + end.output + end.errors).contains("4711"), "\(answer) \(end)")
        }
    }
}
