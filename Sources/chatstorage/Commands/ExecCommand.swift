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
            page_messages takes before or after, which are messages' ids, or neither. remove_messages takes ids or \
            from.

            A conversation is {"conversation_id", "title", "created_at", "updated_at", "last_id", "message_count", \
            "read_through", "cleared_through", "labels", "metadata"}, and "preview" if one was asked for and a message \
            has a text. A message is {"id", "conversation_id", "role", "content", "created_at"}, and "parts" if it is \
            more than one text, "metadata", "native" and "key" if it has any. What else they have is said below, where \
            it is about branches and answers under way. A message's id counts from 1 within the \
            conversation; last_id is the highest so far, also when messages were cleared, read_through the last that \
            was read. Times are RFC 3339, and need a zone. A "tenant" in a request overrides --tenant.

            A message has a content or parts. A part is {"kind"}, such as text, reasoning, tool_call or tool_result, \
            and what there is of "id", "text", "name", "call_id", "status", "is_error", "input", "output", "file", \
            "extra" and "native": input and output are exact texts, file an object of "media_type", "name", "size", \
            "sha256", "url" and "id", extra an array of {"name", "json"}. The json of these and of native is a \
            string with the exact text. The content of a message of parts is the texts of its text parts, joined by \
            line feeds; given beside the parts, it must be that.

            Metadata is an object of at most 64 KiB, labels are up to 32. set_metadata and remove_metadata change \
            single members, so two who change different ones both succeed; metadata replaces the whole. A title moves \
            the conversation to the top of the list, unless keeping_place is true; labels, metadata and read marks do \
            not. new_conversation is what a conversation gets that the request creates. mark_read marks everything in \
            the conversation as read.

            with and without are labels that all and none of the conversations have. A page that passed over many \
            others can be short, even empty, and have a next one. preview is how many characters of the newest \
            message that has a text each conversation brings, 1 to 1,000. delete_conversation deletes nothing that \
            was updated at updated_before or later, or has one of the labels in without.

            A message's key, of 1 to 200 Unicode scalars and unique in its conversation, makes a request repeatable: \
            when nobody knows whether it was done, send it again. Messages whose keys are there already are not saved \
            a second time, and the saved ones are the answer. Other messages under these keys, or only some of the \
            keys, are idempotency_mismatch. All messages of a request have keys, or none.

            if_unchanged takes {"created_at", "last_id", "cleared_through", "head"} of a conversation as it was read, \
            and saves nothing if it was added to or cleared since, got another head, or was deleted and made again \
            (conflict), or does not exist (conversation_not_found): it implies auto_create_conversation false.

            A message follows the head, which is the newest message unless somebody chose another. after makes it \
            follow any other message, instead_of what that message follows: so a question is edited, or an answer made \
            again, and nothing is lost. 0 stands for the beginning. What is saved becomes the head unless moves_head is \
            false; update_conversation sets it with head, and with show_branch to the newest message under one. The \
            current path is the head and what it follows, back to the beginning. Pages and histories are of it, or of \
            the path through another message, or of all_branches. Once a conversation has branched, it has \
            "is_branched", and "head" if that is not the newest message; a message has its "predecessor" if it does not \
            follow the one before it; and beside "ok" the answer with a page has "through", the end of its path: \
            passed on as through, it keeps a walk on that path when the head moves. get_forks says which places several \
            messages follow: successors is an array of {"id", "newest_end"}, which is the newest message under it.

            With streaming, the last message that is saved is an answer under way. It has "state", one of streaming, \
            complete, stopped and failed, "revision", and "revised_at" once it was written again. Its writer sends \
            revise_message with answer: "created_at" and "revision" of the message as the request before returned it, \
            all that it says now, and in the end a state. A revision that was made already can be sent again. It is a \
            conflict if another wrote or ended the answer, message_not_found if it was removed. Histories leave out \
            what is streaming or failed.

            remove_messages removes messages for good by their ids, or the message from and all that descend from it. \
            What followed a removed message follows the one before it then.

            Messages of the roles tool and developer are saved if the store takes them, or with --roles with-tools.

            An error is

              {"error": {"code": "...", "message": "...", "retryable": false}}

            The code is invalid_request for a line that is not a request, otherwise the library's, such as \
            conversation_exists or invalid_role; the message is for people. "retryable" says whether the same request \
            may succeed later. If such a request writes, there is also an "outcome": "not_applied", or "unknown" when \
            it may have been written all the same; sent again, messages without keys could then be saved twice.

            The stream goes on after an error. Lines have at most 128 MiB; blank ones are ignored, and so is a byte \
            order mark before the first.

            The first request that writes makes the store if it is not there, and with --roles makes it take the \
            roles. One that is refused for what it says, or saves no messages, does neither. While there is no store, \
            requests that read are answered with not_prepared.

            The exit status is 0 when every line was answered, with errors too. When the store cannot be opened it is \
            1, and standard error says why; no line is answered then.
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
