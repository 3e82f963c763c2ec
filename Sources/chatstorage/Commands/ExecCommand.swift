import ArgumentParser
import ChatStorageCore
import ChatStorageSupport

struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run requests from standard input: the interface for scripts in any language.",
        discussion: """
            Each line of the input is a request, a JSON object; each gets one line in answer, in the same order, \
            written before the next request runs:

              {"op": "get_history", "conversation_id": "trip", "limit": 1}
              {"ok": [{"role": "user", "content": "hi"}]}

            Operations, their arguments (with defaults), and after > the answer:

            \(Operation.table)

            \(Operation.types) An argument that has a default can be null, which is the same as leaving it out. \
            page_messages takes before or after, which are messages' ids, or neither.

            A conversation is {"conversation_id", "title", "created_at", "updated_at", "last_id"}, a message {"id", \
            "conversation_id", "role", "content", "created_at"}, and "key" if it has one. A message's id counts from 1 \
            within the conversation; last_id is the highest so far, also when messages were cleared. Times are RFC \
            3339, and need a zone. A "tenant" in a request overrides --tenant.

            A message's key, of 1 to 200 Unicode scalars and unique in its conversation, makes a request repeatable: \
            when nobody knows whether it was done, send it again. Messages whose keys are there already are not saved \
            a second time, and the saved ones are the answer. Other messages under these keys, or only some of the \
            keys, are idempotency_mismatch. All messages of a request have keys, or none.

            if_unchanged takes {"created_at", "last_id"} of a conversation as it was read, and saves nothing if it was \
            added to since, or deleted and made again (conflict), or does not exist (conversation_not_found): it \
            implies auto_create_conversation false.

            An error is

              {"error": {"code": "...", "message": "...", "retryable": false}}

            The code is invalid_request for a line that is not a request, otherwise the library's, such as \
            conversation_exists or invalid_role; the message is for people. "retryable" says whether the same request \
            may succeed later. If such a request writes, there is also an "outcome": "not_applied", or "unknown" when \
            it may have been written all the same; sent again, messages without keys could then be saved twice.

            The stream goes on after an error. Lines have at most 128 MiB; blank ones are ignored, and so is a byte \
            order mark before the first.

            The first request that writes makes the store if it is not there; until then requests that read are \
            answered with not_prepared.

            The exit status is 0 when every line was answered, with errors too. When the store cannot be opened it is \
            1, and standard error says why; no line is answered then.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    func run() async throws {
        // A request must not run if its answer cannot be written.
        try Output.requireOutput()
        try await store.withBackend(for: .fillingLater, on: medium) { backend in
            let session = ExecSession(backend: backend, tenant: store.tenant)
            try await session.checkStore()
            try await session.run(
                read: FileDescriptor.standardInput.read, write: FileDescriptor.standardOutput.write)
        }
    }
}
