import Foundation
import TestSupport

/// What a person expects of the samples that are responses of Chat Completions and of Responses, by OpenAI and others.
///
/// A line is a part: its kind; of a call or a result the tool's name and the call's id; the bytes of its text and how
/// it begins, with ⏎ for a line feed. `-` is nothing.
enum OpenAISamples {
    /// Responses of Chat Completions, by the sample's file, without what all files' names share.
    static let chat: [String: String] = [
        "alibaba__alibaba-reasoning": """
        reasoning 4213 We are asked: "How many 'r's
        text 978 The word **"strawberry"** co
        """,
        "alibaba__alibaba-text": """
        text 4904 ## The Festival of Forgotten
        """,
        "alibaba__alibaba-tool-call": """
        tool_call weather call_962bfd2ab8f54b89a1161356
        """,
        "azure__azure-deepseek-reasoning.1": """
        reasoning 3389 We need to invent a new holi
        text 4276 Absolutely! Based on the mos
        """,
        "deepseek.chat__deepseek-json": """
        reasoning 558 I have the result from the w
        text 78 {⏎  "location": "San Francis
        """,
        "mistral__mistral-reasoning": """
        reasoning 60 The user is asking for 2+2.
        text 9 2 + 2 = 4
        """,
        "mistral__mistral-text": """
        text 1936 **Holiday Name: "World Kindn
        """,
        "mistral__mistral-tool-call": """
        tool_call weather gSIMJiOkT
        """,
        "openai-compatible.chat__xai-text": """
        reasoning 1377 First, the user said: "Say a
        text 4 Grok
        """,
        "openai-compatible.chat__xai-tool-call": """
        reasoning 1194 First, the user is asking ab
        tool_call weather call_46427107
        """,
        "openai.chat__openai-text": """
        text 1844 **Holiday Name:** Galaxy Day
        """,
        "perplexity__perplexity-citations": """
        text 952 The most recent estimates fo
        """,
        "xai__xai-text": """
        reasoning 189 First, the user said: "Say a
        text 5 Hello
        """,
        "xai__xai-tool-call": """
        reasoning 357 First, the user is asking ab
        tool_call weather call_93562515
        """,
    ]

    /// Responses of the Responses API.
    static let responses: [String: String] = [
        "azure__azure-image-generation-tool.1": """
        file 133 anime-style cute cat waving
        text 121 Here is an anime-like image
        """,
        "azure__azure-web-search-preview-tool.1": """
        web_search_call 34 top news stories November 19
        web_search_call 36 major news stories November
        text 1517 Here are three major news st
        source 70 While You Were Sleeping: 5 s
        """,
        "azure__openai-file-search-tool.1": """
        reasoning
        file_search_call 156 What is an embedding model a
        reasoning
        text 439 According to the document, a
        source
        """,
        "open-responses.responses__lmstudio-basic.1": """
        reasoning 17 reasoning content
        text 12 text content
        """,
        "open-responses.responses__lmstudio-tool-call.1": """
        tool_call weather call_2866856768160095
        """,
        "open-responses.responses__openai-pdf-input-file.1": """
        text 14 Dummy PDF file
        """,
        "openai.responses__openai-apply-patch-tool.1": """
        tool_call apply_patch call_CdXiGtcRl49Q6Ek20tG9lYOr
        """,
        "openai.responses__openai-client-tool-search.1": """
        tool_call tool_search call_AEvXZ1rvYpxHh8QZb7wGlTGH
        """,
        "openai.responses__openai-client-tool-search.2": """
        tool_call get_weather call_heVrRaKZEJbsRvHvaEf5BLUI
        """,
        "openai.responses__openai-code-interpreter-tool.1": """
        reasoning
        code_interpreter_call
        reasoning
        code_interpreter_call
        reasoning
        code_interpreter_call
        reasoning
        text 463 I ran 10,000 trials of rolli
        source
        """,
        "openai.responses__openai-custom-tool.1": """
        tool_call write_sql call_custom_sql_001
        """,
        "openai.responses__openai-file-search-tool.2": """
        reasoning
        file_search_call 174 What is an embedding model a
        reasoning
        text 355 According to the document, a
        source
        """,
        "openai.responses__openai-local-shell-tool.1": """
        reasoning
        tool_call local_shell call_XWgeTylovOiS8xLNz2TONOgO
        """,
        "openai.responses__openai-mcp-tool-approval.1": """
        mcp_list_tools
        reasoning
        mcp_approval_request
        """,
        "openai.responses__openai-mcp-tool-approval.3": """
        mcp_list_tools
        reasoning
        mcp_approval_request
        """,
        "openai.responses__openai-mcp-tool-approval.4": """
        mcp_list_tools
        tool_call create_short_url -
        text 262 Done — I created a short lin
        """,
        "openai.responses__openai-reasoning-encrypted-content.1": """
        reasoning 399 **Reporting final result**⏎⏎
        text 58 12 + 7 = 19⏎19 × 3 = 57⏎57 ×
        """,
        "openai.responses__openai-shell-container-multiturn.1": """
        text 30 `x86_64` (64-bit x86 / AMD64
        """,
        "openai.responses__openai-shell-container.1": """
        tool_call shell call_abc123def456ghi789jkl012
        tool_result - call_abc123def456ghi789jkl012
        text 190 The command ran successfully
        """,
        "openai.responses__openai-shell-skills.1": """
        tool_call shell call_KPDqtcOSQeaV3UKcb30ZfeqD
        tool_result - call_KPDqtcOSQeaV3UKcb30ZfeqD
        tool_call shell call_5RmHRaiiFm8rPqUBqqXjG4WA
        tool_result - call_5RmHRaiiFm8rPqUBqqXjG4WA
        text 1030 Build a STOP huge signal STO
        """,
        "openai.responses__openai-tool-search.1": """
        tool_search_call
        tool_search_output
        tool_call get_weather call_ytqozXvUXG8NN1b0IODxzUaE
        """,
        "openai.responses__openai-web-search-tool.1": """
        reasoning
        web_search_call 31 tech news today December 5 2
        reasoning
        web_search_call 73 https://www.theverge.com/pod
        reasoning
        web_search_call 6 Vercel
        reasoning
        text 3092 Short answer first — yes. I
        source 54 Why OpenAI declared a code r
        source 97 Technology News Today – The
        source 46 5 Things to Know Before the
        source 43 Towards the AI Cloud: Our Se
        source 55 CVE-2025-49826: Vercel Next.
        source 54 Why OpenAI declared a code r
        source 68 Check Out Highlights From WI
        source 97 Technology News Today – The
        source 76 Vercel Notches $9.3 Billion
        source 43 Towards the AI Cloud: Our Se
        """,
        "openai.responses__parallel-tool-call-wrapper.1": """
        tool_call parallel call_parallel
        """,
        "openai.responses__programmatic-tool-calling.1": """
        reasoning
        program
        tool_call getInventory call_rj6LW6NEyodD5YVKeoexoLNz
        """,
        "openai.responses__programmatic-tool-calling.2": """
        tool_call getDemand call_IYnPSr6i8TyBPs1H9U539pUP
        """,
        "xai.responses__xai-code-execution-tool.1": """
        code_interpreter_call
        text 2 55
        """,
        "xai.responses__xai-file-search-tool.1": """
        file_search_call 18 AI safety research
        text 261 Based on the documents in yo
        """,
        "xai.responses__xai-image-generation-tool.1": """
        file 225 A cute robot holding a flowe
        text 46 Here's a cute robot holding
        """,
    ]

    /// Errors, which have no message.
    static let errors = [
        "openai.chat__reasoning-model-legacy-parameter-error", "openai.image__gpt-image-response-format-error",
        "openai.responses__openai-error.1", "openai.responses__reasoning-model-temperature-error",
    ]

    /// A sample's bytes.
    static func data(_ name: String) throws -> Data {
        try SampleFiles.data("provider_responses/vercel+ai__\(name).json")
    }
}
