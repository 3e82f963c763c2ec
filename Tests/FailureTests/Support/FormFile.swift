import Testing

/// A small file of another program's form, to be damaged.
struct FormFile: CustomTestStringConvertible {
    /// The form's name.
    let name: String
    let text: String
    /// What the form gives a meaning.
    let tokens: [String]

    init(_ name: String, _ text: String, _ tokens: String...) {
        self.name = name
        self.text = text
        self.tokens = tokens
    }

    var testDescription: String { name }

    /// One for each form that is read.
    static let all = [
        FormFile(
            "a ChatGPT export",
            #"[{"title": "t", "create_time": 1.5, "current_node": "c", "is_archived": true, "mapping": {"#
                + #""a": {"id": "a", "message": null, "parent": null, "children": ["b"]}, "#
                + #""b": {"id": "b", "parent": "a", "message": {"author": {"role": "user"}, "create_time": 2.25, "#
                + #""content": {"content_type": "text", "parts": ["hi"]}}}, "#
                + #""c": {"id": "c", "parent": "b", "message": {"author": {"role": "assistant"}, "weight": 1.0, "#
                + #""content": {"content_type": "text", "parts": ["ho", {"content_type": "image_asset_pointer", "#
                + #""asset_pointer": "file-service://f"}]}, "metadata": {"model_slug": "m"}}}}}]"#,
            #""parent""#, #""content_type""#, #""thoughts""#, #""current_node""#),
        FormFile(
            "a Claude export",
            #"[{"uuid": "u", "name": "n", "created_at": "2025-01-01T00:00:00Z", "chat_messages": ["#
                + #"{"uuid": "a", "sender": "human", "text": "hi", "content": [{"type": "text", "text": "hi"}]}, "#
                + #"{"uuid": "b", "sender": "assistant", "parent_message_uuid": "a", "text": "ho", "content": ["#
                + #"{"type": "thinking", "thinking": "hm"}, {"type": "tool_use", "id": "t", "name": "f", "input": {}}, "#
                + #"{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "r"}]}, "#
                + #"{"type": "text", "text": "ho"}]}]}]"#,
            #""type""#, #""tool_use""#, #""sender""#, #""parent_message_uuid""#),
        FormFile(
            "a Claude design chat",
            #"{"uuid": "u", "title": "t", "project": {"uuid": "p"}, "messages": [{"uuid": "a", "role": "user", "#
                + #""content": {"id": "a", "role": "user", "content": "hi", "attachments": [{"id": "f", "name": "x"}]}}, "#
                + #"{"uuid": "b", "role": "assistant", "content": {"content": "", "contentBlocks": ["#
                + #"{"type": "text", "text": "ho"}, {"type": "tool_call", "toolCall": {"id": "c", "name": "f", "#
                + #""input": {"path": ""}, "output": "o"}}]}}]}"#,
            #""contentBlocks""#, #""toolCall""#, #""role""#),
        FormFile(
            "an Open WebUI export",
            #"[{"id": "i", "title": "t", "created_at": 1700000000, "chat": {"models": ["m"], "history": {"#
                + #""currentId": "b", "messages": {"a": {"id": "a", "parentId": null, "role": "user", "content": "hi"}, "#
                + #""b": {"id": "b", "parentId": "a", "role": "assistant", "timestamp": 1700000001, "content": "#
                + #""<details type=\"reasoning\" done=\"true\"><summary>s</summary>r</details>ho"}}}}}]"#,
            #""parentId""#, #""currentId""#, "<details", #""history""#),
        FormFile(
            "an Open WebUI chat",
            #"{"title": "t", "models": ["m"], "messages": [], "history": {"currentId": "a", "messages": {"#
                + #""a": {"id": "a", "parentId": null, "role": "user", "content": "hi"}}}}"#,
            #""parentId""#, #""currentId""#, #""history""#),
        FormFile(
            "a DeepSeek export",
            #"[{"id": "i", "title": "t", "inserted_at": "2026-06-01T10:00:00.000000+08:00", "mapping": {"#
                + #""root": {"id": "root", "parent": null, "children": ["1"], "message": null}, "#
                + #""1": {"id": "1", "parent": "root", "message": {"model": "m", "fragments": ["#
                + #"{"type": "REQUEST", "content": "hi"}]}}, "2": {"id": "2", "parent": "1", "message": {"fragments": ["#
                + #"{"type": "THINK", "content": "hm"}, {"type": "RESPONSE", "content": "ho"}]}}}}]"#,
            #""parent""#, #""fragments""#, #""THINK""#),
        FormFile(
            "a DeepSeek chat's history",
            #"{"code": 0, "data": {"biz_data": {"chat_session": {"id": "i", "title": "t", "current_message_id": 2, "#
                + #""inserted_at": 1763826110.639}, "chat_messages": [{"message_id": 1, "parent_id": null, "#
                + #""role": "USER", "fragments": [{"id": 1, "type": "REQUEST", "content": "hi"}]}, {"message_id": 2, "#
                + #""parent_id": 1, "role": "ASSISTANT", "fragments": [{"id": 1, "type": "RESPONSE", "content": "ho"}]}"#
                + #"]}}}"#,
            #""parent_id""#, #""fragments""#, #""ASSISTANT""#),
        FormFile(
            "a DeepSeek chat's tree",
            #"[{"id": 1, "type": "user", "content": "hi", "thought": null, "children": [{"id": 2, "#
                + #""type": "assistant", "content": "ho", "thought": "hm", "children": []}]}]"#,
            #""children""#, #""thought""#, #""type""#),
        FormFile(
            "a LibreChat export",
            #"{"conversationId": "i", "title": "t", "endpoint": "e", "options": {"model": "m"}, "messages": ["#
                + #"{"messageId": "a", "parentMessageId": null, "text": "hi", "sender": "User", "isCreatedByUser": true, "#
                + #""createdAt": "2024-05-29T00:33:03.661Z"}, {"messageId": "b", "parentMessageId": "a", "text": "ho", "#
                + #""sender": "GPT-4", "isCreatedByUser": false, "model": "m"}]}"#,
            #""parentMessageId""#, #""isCreatedByUser""#, #""children""#),
        FormFile(
            "a Grok export",
            #"{"projects": [1], "conversations": [{"conversation": {"id": "i", "title": "t", "#
                + #""create_time": "2025-01-20T14:00:00.000Z"}, "responses": [{"response": {"_id": "a", "#
                + #""message": "hi", "sender": "human", "create_time": {"$date": {"$numberLong": "1737381600000"}}}}, "#
                + #"{"response": {"_id": "b", "parent_response_id": "a", "message": "ho", "sender": "ASSISTANT"}}]}, "#
                + #"{"conversation": {"id": "j"}, "responses": []}], "tasks": []}"#,
            #""responses""#, #""sender""#, #""conversations": ["#),
        FormFile(
            "a Google AI Studio prompt",
            #"{"runSettings": {"model": "models/m"}, "systemInstruction": {"text": "s"}, "chunkedPrompt": {"chunks": ["#
                + #"{"text": "hi", "role": "user", "createTime": "2026-01-01T00:00:00Z"}, "#
                + #"{"text": "hm", "role": "model", "isThought": true}, {"text": "ho", "role": "model", "#
                + #""parts": [{"text": "ho"}, {"inlineData": {"mimeType": "image/png", "data": "AA=="}}]}]}}"#,
            #""chunks""#, #""isThought""#, #""role""#),
        FormFile(
            "Gemini's activity history",
            #"[{"header": "Gemini Apps", "title": "Prompted ho", "titleUrl": "https://gemini.google.com/app/c/t", "#
                + #""time": "2026-07-20T15:20:00.100Z", "products": ["Gemini Apps"], "#
                + #""safeHtmlItem": [{"html": "<p>an <b>answer</b> &amp; more</p>"}]}, {"header": "Gemini Apps", "#
                + #""title": "Prompted hi", "titleUrl": "https://gemini.google.com/app/c/t", "#
                + #""time": "2026-07-20T15:15:21.568Z", "products": ["Gemini Apps"]}]"#,
            #""safeHtmlItem""#, "<pre>", "&#x1F600;", #""time""#),
        FormFile(
            "a conversation of LangChain's messages",
            #"[{"type": "human", "data": {"content": "hi", "additional_kwargs": {}, "id": "a"}}, "#
                + #"{"type": "ai", "data": {"content": [{"type": "text", "text": "ho"}], "additional_kwargs": {}, "#
                + #""response_metadata": {"model_name": "m"}, "tool_calls": [{"name": "f", "args": {}, "id": "c"}]}}, "#
                + #"{"type": "tool", "data": {"content": "r", "additional_kwargs": {}, "tool_call_id": "c"}}]"#,
            #""data""#, #""tool_calls""#, #""lc""#),
        FormFile(
            "conversations of LangChain's messages",
            #"{"session_id": "s", "messages": [{"type": "human", "data": {"content": "hi", "additional_kwargs": {}}}, "#
                + #"{"type": "ai", "data": {"content": "ho", "additional_kwargs": {}}}]}"#,
            #""data""#, #""tool_calls""#, #""lc""#),
        FormFile(
            "an object around conversations with timestamps",
            #"{"conversations": [{"id": "i", "title": "t", "messages": [{"role": "user", "content": "hi", "#
                + #""timestamp": "2024-03-10T12:00:00Z"}, {"role": "assistant", "content": "ho", "#
                + #""timestamp": "2024-03-10T12:00:01Z"}]}], "more": 1}"#,
            #""timestamp""#, #""role""#),
        FormFile(
            "a TypingMind export",
            #"{"data": {"chats": [{"chatID": "i", "chatTitle": "t", "createdAt": "2024-03-10T12:00:00Z", "messages": ["#
                + #"{"id": "a", "role": "user", "content": "hi"}, {"id": "b", "role": "assistant", "content": "ho"}]}], "#
                + #""folders": [1]}}"#,
            #""chats": ["#, #""role""#),
        FormFile(
            "a chatbot-ui export",
            #"{"version": 4, "history": [{"id": "i", "name": "n", "messages": [{"role": "user", "content": "hi"}, "#
                + #"{"role": "assistant", "content": "ho"}], "model": {"id": "m"}}], "folders": [], "prompts": [1]}"#,
            #""history": ["#, #""role""#),
        FormFile(
            "a Kimi chat",
            #"{"messages": [{"role": "assistant", "create_time": 1700000100, "blocks": [{"type": "THINK", "#
                + #""text": {"content": "hm"}}, {"type": "TEXT", "text": {"content": "ho"}}]}, "#
                + #"{"role": "user", "create_time": 1700000000, "blocks": [{"type": "TEXT", "text": {"content": "hi"}}]}]}"#,
            #""blocks""#, #""THINK""#),
        FormFile(
            "a Gemini CLI session",
            #"{"sessionId": "i", "projectHash": "p", "startTime": "2024-01-01T10:00:00Z", "messages": [{"id": "a", "#
                + #""type": "user", "content": "hi", "timestamp": "2024-01-01T10:00:00Z"}, {"id": "b", "type": "gemini", "#
                + #""content": "ho", "thoughts": [{"subject": "s", "description": "d"}], "toolCalls": [{"id": "c", "#
                + #""name": "f", "args": {}, "status": "success", "result": "r"}]}]}"#,
            #""toolCalls""#, #""type""#, #""gemini""#),
        FormFile(
            "an Open Assistant tree",
            #"{"message_tree_id": "a", "tree_state": "growing", "prompt": {"message_id": "a", "text": "hi", "#
                + #""role": "prompter", "lang": "en", "replies": [{"message_id": "b", "text": "ho", "role": "assistant", "#
                + #""lang": "en", "replies": []}, {"message_id": "c", "text": "he", "role": "assistant", "replies": []}]}}"#,
            #""replies""#, #""prompter""#),
        FormFile(
            "a Microsoft Copilot activity history",
            """
            Conversation,Time,Author,Message\r
            "n",2026-07-26T23:20:56,AI,"ho
            ""quoted"", more"\r
            "n",2026-07-26T23:20:56,Human,hi\r
            "",2026-07-20T08:00:00,AI,""\r
            "",2026-07-20T08:00:00,Human,x\r

            """,
            ",", "\"\"", "\r\n", "Human"),
    ]
}
