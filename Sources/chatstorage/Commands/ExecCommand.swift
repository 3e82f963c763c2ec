import ArgumentParser
import ChatStorageCore
import ChatStorageSupport

struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run requests from standard input: the interface for scripts in any language.",
        discussion: """
            Each line of the input is a request, a JSON object. Its answer is one line, written before the next \
            request runs:

              {"op": "get_history", "conversation_id": "trip", "limit": 1}
              {"ok": [{"role": "user", "content": "hi"}]}

            Operations, their arguments (with defaults), and after > the answer:

            \(Operation.table)

            \(Operation.types) For an argument with a default, null is the same as leaving it out. page_messages takes \
            "before" or "after", each a message's id, or neither. remove_messages takes "ids" or "from".

            A conversation is {"conversation_id", "title", "created_at", "updated_at", "last_id", "message_count", \
            "read_through", "cleared_through", "labels", "metadata"}, and "preview" if the request asked for it and a \
            message has a text. A message is {"id", "conversation_id", "role", "content", "created_at"}, "parts" if it \
            is more than one text, and "metadata", "native" and "key" if it has any. Further members are described \
            below, with branches and answers under way. A message's id counts from 1 within the conversation; last_id \
            is the highest so far, even after messages were cleared; read_through is the last that was read. Times are \
            RFC 3339 with a zone. A "tenant" in a request overrides --tenant.

            A message has a content or parts. A part has a "kind", such as text, reasoning, tool_call or tool_result, \
            and any of "id", "text", "name", "call_id", "status", "is_error", "input", "output", "file", "extra" and \
            "native": input and output are exact texts, file is an object of "media_type", "name", "size", "sha256", \
            "url" and "id", extra is an array of {"name", "json"}. The json of these and of native is a string with \
            the exact text. The content of a message with parts is the texts of its text parts, joined by line feeds; \
            if a request gives both, they must agree.

            Metadata is an object of at most 64 KiB; a conversation has at most 32 labels. set_metadata and \
            remove_metadata change single members, so two clients that change different ones both succeed; metadata \
            replaces the whole object. A title moves the conversation to the top of the list, unless keeping_place is \
            true; labels, metadata and read marks do not. new_conversation describes the conversation if the request \
            creates it. mark_read marks everything in the conversation as read.

            "with" selects conversations that have all of its labels; "without" excludes those that have any of its \
            labels. A page can be short, even empty, and still have a next one. preview, 1 to 1,000, asks for that \
            many characters of each conversation's newest message with a text. delete_conversation spares a \
            conversation that was updated at updated_before or later, or has one of the labels in "without".

            A message's key has 1 to 200 Unicode scalars and is unique in its conversation. It makes a request \
            repeatable: if you do not know whether it was done, send it again. Messages whose keys are already there \
            are not saved a second time, and the answer is the saved ones. The request fails as idempotency_mismatch \
            if other messages have these keys, or if only some of the keys are there. Either all messages of a request \
            have keys, or none.

            if_unchanged takes {"created_at", "last_id", "cleared_through", "head"} of a conversation as you read it. \
            The request then saves nothing if the conversation was since added to, cleared, given another head, or \
            deleted and made again (conflict), or does not exist (conversation_not_found). It implies \
            auto_create_conversation false.

            A new message follows the head, which is the newest message unless somebody chose another. The argument \
            "after" names another message to follow; "instead_of" names a message to stand beside: the new one follows \
            what that one follows. So a question can be edited, or an answer made again, and nothing is lost. 0 stands \
            for the beginning. A saved message becomes the head unless moves_head is false. update_conversation also \
            moves the head: its argument "head" moves it to a message, "show_branch" to the newest message under one. \
            The current path is the head and what it follows, back to the beginning. Pages and histories show this \
            path, the path that ends with another message ("through"), or "all_branches". Once a conversation has \
            branched, it has "is_branched", and "head" if that is not the newest message; a message has its \
            "predecessor" if it does not follow the one before it; and the answer with a page has "through" beside \
            "ok", the end of its path: pass it on as through, and a walk stays on that path when the head moves. \
            get_forks lists the places that several messages follow: successors is an array of {"id", "newest_end"}, \
            where newest_end is the newest message under id.

            With streaming, the last saved message is an answer under way. It has "state" (streaming, complete, \
            stopped or failed), "revision", and "revised_at" once it was rewritten. Its writer sends revise_message, \
            whose argument "answer" has "created_at" and "revision" from the last reply, all that the answer says so \
            far, and at the end the final state. It is safe to send a revision again. It fails as conflict if another \
            writer wrote or ended the answer, and as message_not_found if the answer was removed. Histories leave out \
            answers that are streaming or failed.

            remove_messages removes messages for good: those in "ids", or the one in "from" and all its descendants. \
            What followed a removed message then follows the one before it.

            The roles tool and developer need a store that takes them, or --roles with-tools.

            An error is

              {"error": {"code": "...", "message": "...", "retryable": false}}

            The code is invalid_request for a line that is not a request, otherwise the library's, such as \
            conversation_exists or invalid_role; the message is for people. "retryable" says whether the same request \
            may succeed later. A retryable error of a write also has an "outcome": "not_applied", or "unknown" if the \
            write may have happened; sent again, messages without keys could then be saved twice.

            An error does not stop the requests after it. A line has at most 128 MiB; blank lines are ignored, and so \
            is a byte order mark before the first.

            The first request that writes creates a missing store, and with --roles makes it take the roles. A request \
            with invalid arguments, or that saves no messages, does neither. While there is no store, requests that \
            read fail as not_prepared.

            The exit status is 0 if every line was answered, even with errors. If the store cannot be opened, it is 1, \
            standard error says why, and no line is answered.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions
    @OptionGroup var roles: RoleOptions

    func run() async throws {
        // A request must not run if its answer cannot be written.
        try Output.requireOutput()
        try await store.withBackend(for: .fillingLater, taking: roles.wanted, on: medium) { backend, roles in
            let session = ExecSession(backend: backend, tenant: store.tenant, roles: roles)
            try await session.checkStore()
            try await session.run(
                read: FileDescriptor.standardInput.read, write: FileDescriptor.standardOutput.write)
        }
    }
}
