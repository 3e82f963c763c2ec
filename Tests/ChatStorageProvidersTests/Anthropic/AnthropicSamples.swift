import Foundation
import TestSupport

/// What a person expects of the samples that are responses of Anthropic's Messages API.
///
/// A line is a part: its kind; of a call or a result the tool's name and the call's id; the bytes of its text and how
/// it begins, with ⏎ for a line feed. `-` is nothing.
enum AnthropicSamples {
    /// By the sample's file, without what all files' names share.
    static let expected: [String: String] = [
        "advisor-stop-reasons": """
        tool_call advisor srvtoolu_advisor_plaintext
        tool_result advisor srvtoolu_advisor_plaintext
        tool_call advisor srvtoolu_advisor_redacted
        tool_result advisor srvtoolu_advisor_redacted
        """,
        "claude-opus-5-reasoning-high.1": """
        reasoning 352 I need to find all roots of
        text 2654 ## Step 1: Set up the proble
        """,
        "clear-thinking.1": """
        reasoning 22 925 divided by 5 = 185
        text 14 925 ÷ 5 = 185
        """,
        "code-execution-20250825.1": """
        text 113 I'll create a Python script
        tool_call text_editor_code_execution srvtoolu_012LCpyzxGBy44bCW4zCxmH2
        tool_result text_editor_code_execution srvtoolu_012LCpyzxGBy44bCW4zCxmH2
        text 30 Now let me execute the scrip
        tool_call bash_code_execution srvtoolu_01KqzcSjepCqNjqeUVqnmEjj
        tool_result bash_code_execution srvtoolu_01KqzcSjepCqNjqeUVqnmEjj
        text 366 Perfect! The script has been
        """,
        "code-execution-20250825.pptx-skill": """
        text 154 I'll help you create a prese
        tool_call text_editor_code_execution srvtoolu_01JotqRPYCFJo4ErykSm8MbD
        tool_result text_editor_code_execution srvtoolu_01JotqRPYCFJo4ErykSm8MbD
        text 52 Now let me read the html2ppt
        tool_call text_editor_code_execution srvtoolu_01YKVmXubUhZys88NLDzTvdk
        tool_result text_editor_code_execution srvtoolu_01YKVmXubUhZys88NLDzTvdk
        text 706 Now I'll create a presentati
        tool_call text_editor_code_execution srvtoolu_01SFUXZu5BV8FdvCND6R4rmh
        tool_call text_editor_code_execution srvtoolu_01398595rMmYudXtThVf4qBV
        tool_call text_editor_code_execution srvtoolu_01R5ESdsU329J4NgCP8mDEsc
        tool_call text_editor_code_execution srvtoolu_015yqpaajYDKf47b487wDJBh
        tool_result text_editor_code_execution srvtoolu_01SFUXZu5BV8FdvCND6R4rmh
        tool_result text_editor_code_execution srvtoolu_01398595rMmYudXtThVf4qBV
        tool_result text_editor_code_execution srvtoolu_01R5ESdsU329J4NgCP8mDEsc
        tool_result text_editor_code_execution srvtoolu_015yqpaajYDKf47b487wDJBh
        text 79 Now let me create the JavaSc
        tool_call text_editor_code_execution srvtoolu_01S6fJ2B2qiefihhZdCCdbrY
        tool_result text_editor_code_execution srvtoolu_01S6fJ2B2qiefihhZdCCdbrY
        text 62 Now let me run the JavaScrip
        tool_call bash_code_execution srvtoolu_01CNNt7J1q1GUmbQiBwo5Msj
        tool_result bash_code_execution srvtoolu_01CNNt7J1q1GUmbQiBwo5Msj
        text 86 I need to fix the overflow i
        tool_call text_editor_code_execution srvtoolu_01EVQmjJxtSsy2C6pojb8pnc
        tool_call text_editor_code_execution srvtoolu_012GFHjEKwiEz6GaqkeYU7UG
        tool_call text_editor_code_execution srvtoolu_01SGNzkPDCFWnRQMMGbk2VmG
        tool_call text_editor_code_execution srvtoolu_0196HcEE5XayzPzTziin8uL2
        tool_call text_editor_code_execution srvtoolu_01JRdj7cQHWxytYT3NSUTHoa
        tool_call text_editor_code_execution srvtoolu_01Lm95pRQhLZrf6k8xMp2u7C
        tool_result text_editor_code_execution srvtoolu_01EVQmjJxtSsy2C6pojb8pnc
        tool_result text_editor_code_execution srvtoolu_012GFHjEKwiEz6GaqkeYU7UG
        tool_result text_editor_code_execution srvtoolu_01SGNzkPDCFWnRQMMGbk2VmG
        tool_result text_editor_code_execution srvtoolu_0196HcEE5XayzPzTziin8uL2
        tool_result text_editor_code_execution srvtoolu_01JRdj7cQHWxytYT3NSUTHoa
        tool_result text_editor_code_execution srvtoolu_01Lm95pRQhLZrf6k8xMp2u7C
        text 43 Now let me apply the same fi
        tool_call text_editor_code_execution srvtoolu_014cgidRz89qahhLzPw73A9j
        tool_call text_editor_code_execution srvtoolu_01SfsTPtnmJzQUjBLXfmLmQT
        tool_call text_editor_code_execution srvtoolu_01QVDzRTzqqLTVXXRkb5vyyD
        tool_call text_editor_code_execution srvtoolu_0173BQwp6SLEd3vHSwtFrZdW
        tool_call text_editor_code_execution srvtoolu_01SKyW29FDqqaCieYY7w3wuu
        tool_call text_editor_code_execution srvtoolu_012Jxx6zP8MZ5EL1nTAJzb1d
        tool_result text_editor_code_execution srvtoolu_014cgidRz89qahhLzPw73A9j
        tool_result text_editor_code_execution srvtoolu_01SfsTPtnmJzQUjBLXfmLmQT
        tool_result text_editor_code_execution srvtoolu_01QVDzRTzqqLTVXXRkb5vyyD
        tool_result text_editor_code_execution srvtoolu_0173BQwp6SLEd3vHSwtFrZdW
        tool_result text_editor_code_execution srvtoolu_01SKyW29FDqqaCieYY7w3wuu
        tool_result text_editor_code_execution srvtoolu_012Jxx6zP8MZ5EL1nTAJzb1d
        text 47 Now let me run the presentat
        tool_call bash_code_execution srvtoolu_01GTbY5XGVT8fruhrCkmyWJn
        tool_result bash_code_execution srvtoolu_01GTbY5XGVT8fruhrCkmyWJn
        text 52 I need to further reduce the
        tool_call text_editor_code_execution srvtoolu_011HqujSHHybdYQHsBaAXnFx
        tool_call text_editor_code_execution srvtoolu_01AysZ8K7fjqjvCqDc7VnaoB
        tool_call text_editor_code_execution srvtoolu_011YzGFZUoGASSgELxxtwRSC
        tool_call text_editor_code_execution srvtoolu_013GUqXR9u9KyWYhAqqHCnsR
        tool_result text_editor_code_execution srvtoolu_011HqujSHHybdYQHsBaAXnFx
        tool_result text_editor_code_execution srvtoolu_01AysZ8K7fjqjvCqDc7VnaoB
        tool_result text_editor_code_execution srvtoolu_011YzGFZUoGASSgELxxtwRSC
        tool_result text_editor_code_execution srvtoolu_013GUqXR9u9KyWYhAqqHCnsR
        text 34 Apply the same changes to sl
        tool_call text_editor_code_execution srvtoolu_011f8d8J1yrrbHvufaRAoWBM
        tool_call text_editor_code_execution srvtoolu_015HVTHMGhWexondG6XCQrgD
        tool_call text_editor_code_execution srvtoolu_015rYYLoHCFNbi8v6KarsXTh
        tool_call text_editor_code_execution srvtoolu_01XtTopNnzL7wW8TaXbuWpBN
        tool_result text_editor_code_execution srvtoolu_011f8d8J1yrrbHvufaRAoWBM
        tool_result text_editor_code_execution srvtoolu_015HVTHMGhWexondG6XCQrgD
        tool_result text_editor_code_execution srvtoolu_015rYYLoHCFNbi8v6KarsXTh
        tool_result text_editor_code_execution srvtoolu_01XtTopNnzL7wW8TaXbuWpBN
        text 47 Now let me run the presentat
        tool_call bash_code_execution srvtoolu_01BKUEoFsPjtHmRDxgdVEKQ9
        tool_result bash_code_execution srvtoolu_01BKUEoFsPjtHmRDxgdVEKQ9
        text 60 Close! Let me make a small a
        tool_call text_editor_code_execution srvtoolu_01VHjWJoNzk72aaVwno78vd6
        tool_call text_editor_code_execution srvtoolu_01WtJKZ9855a8HP6b29rZA1P
        tool_result text_editor_code_execution srvtoolu_01VHjWJoNzk72aaVwno78vd6
        tool_result text_editor_code_execution srvtoolu_01WtJKZ9855a8HP6b29rZA1P
        tool_call bash_code_execution srvtoolu_016u3VigcCA2HvhyqDMa8bdb
        tool_result bash_code_execution srvtoolu_016u3VigcCA2HvhyqDMa8bdb
        text 77 Good progress! Now I need to
        tool_call text_editor_code_execution srvtoolu_01NwSKiCEUiY1aWa8hCAWiaN
        tool_call text_editor_code_execution srvtoolu_01X9FCwX1ffqV9xwNFQjW9iB
        tool_call text_editor_code_execution srvtoolu_0118529s29G8d8CyuwkryDep
        tool_call text_editor_code_execution srvtoolu_01V8FeuEXfwXBdW7znE1EVPW
        tool_call text_editor_code_execution srvtoolu_01NHn7K4bT9BRd34GsDvMRuK
        tool_call text_editor_code_execution srvtoolu_013EhzoLZheUH7dy1JXwYNjm
        tool_result text_editor_code_execution srvtoolu_01NwSKiCEUiY1aWa8hCAWiaN
        tool_result text_editor_code_execution srvtoolu_01X9FCwX1ffqV9xwNFQjW9iB
        tool_result text_editor_code_execution srvtoolu_0118529s29G8d8CyuwkryDep
        tool_result text_editor_code_execution srvtoolu_01V8FeuEXfwXBdW7znE1EVPW
        tool_result text_editor_code_execution srvtoolu_01NHn7K4bT9BRd34GsDvMRuK
        tool_result text_editor_code_execution srvtoolu_013EhzoLZheUH7dy1JXwYNjm
        tool_call bash_code_execution srvtoolu_016ASiFShroCzcd9MLrgzBso
        tool_result bash_code_execution srvtoolu_016ASiFShroCzcd9MLrgzBso
        text 64 Still need to reduce more. L
        tool_call text_editor_code_execution srvtoolu_015YN8Cwu1orGyVrRkLYV6eR
        tool_call text_editor_code_execution srvtoolu_01JH2yY5dMU8PPgWomTCXTuP
        tool_call text_editor_code_execution srvtoolu_01VbwxrfFf5t6727bwSyAYGy
        tool_result text_editor_code_execution srvtoolu_015YN8Cwu1orGyVrRkLYV6eR
        tool_result text_editor_code_execution srvtoolu_01JH2yY5dMU8PPgWomTCXTuP
        tool_result text_editor_code_execution srvtoolu_01VbwxrfFf5t6727bwSyAYGy
        tool_call bash_code_execution srvtoolu_01CvZR9dFiNPp551DcudcCh4
        tool_result bash_code_execution srvtoolu_01CvZR9dFiNPp551DcudcCh4
        text 59 Almost there! Let me adjust
        tool_call text_editor_code_execution srvtoolu_01CYW7C1vpdkWduDhYv4f5aB
        tool_call text_editor_code_execution srvtoolu_01XTqWQwYA7V6s8VRBxw6yJB
        tool_result text_editor_code_execution srvtoolu_01CYW7C1vpdkWduDhYv4f5aB
        tool_result text_editor_code_execution srvtoolu_01XTqWQwYA7V6s8VRBxw6yJB
        tool_call bash_code_execution srvtoolu_01SYhX2THtcmSYETnYPx3dtT
        tool_result bash_code_execution srvtoolu_01SYhX2THtcmSYETnYPx3dtT
        text 87 Just a little bit more. Let
        tool_call text_editor_code_execution srvtoolu_01APA4NR872CroiUHetsiHkx
        tool_call text_editor_code_execution srvtoolu_019JQf96nqYeScMeVkhXH8EN
        tool_result text_editor_code_execution srvtoolu_01APA4NR872CroiUHetsiHkx
        tool_result text_editor_code_execution srvtoolu_019JQf96nqYeScMeVkhXH8EN
        tool_call bash_code_execution srvtoolu_01NpDkw7LEMF53inS3HT7ijZ
        tool_result bash_code_execution srvtoolu_01NpDkw7LEMF53inS3HT7ijZ
        text 50 Very close! Let me make one
        tool_call text_editor_code_execution srvtoolu_01PfEcaECLEh9ihQfiyxh8vH
        tool_result text_editor_code_execution srvtoolu_01PfEcaECLEh9ihQfiyxh8vH
        tool_call bash_code_execution srvtoolu_01EpB6SVGN75ZQ7a8JWkxnNe
        tool_result bash_code_execution srvtoolu_01EpB6SVGN75ZQ7a8JWkxnNe
        text 42 Let me try reducing the marg
        tool_call text_editor_code_execution srvtoolu_01NLMx59q9xosT7xpCUuDA3t
        tool_result text_editor_code_execution srvtoolu_01NLMx59q9xosT7xpCUuDA3t
        tool_call bash_code_execution srvtoolu_01KXWBNv1oYQvDoWNbQ9s3QG
        tool_result bash_code_execution srvtoolu_01KXWBNv1oYQvDoWNbQ9s3QG
        text 67 Almost there! Just 2.3pt mor
        tool_call text_editor_code_execution srvtoolu_01DM3GXt6McbmydAdonWFwhQ
        tool_result text_editor_code_execution srvtoolu_01DM3GXt6McbmydAdonWFwhQ
        tool_call bash_code_execution srvtoolu_011MV62mdB7bYwf8ejukmMyX
        tool_result bash_code_execution srvtoolu_011MV62mdB7bYwf8ejukmMyX
        text 54 So close! Let me adjust the
        tool_call text_editor_code_execution srvtoolu_01XDsMMNMWKrVR7hrauyK15m
        tool_result text_editor_code_execution srvtoolu_01XDsMMNMWKrVR7hrauyK15m
        tool_call bash_code_execution srvtoolu_01Be5EUZboEypgMRzWR1GRmd
        tool_result bash_code_execution srvtoolu_01Be5EUZboEypgMRzWR1GRmd
        text 131 Excellent! The presentation
        tool_call bash_code_execution srvtoolu_01AtPDhjepTnMGtN86chNHH2
        tool_result bash_code_execution srvtoolu_01AtPDhjepTnMGtN86chNHH2
        text 67 Let me try converting to PDF
        tool_call bash_code_execution srvtoolu_016Qi1t4i5F4YD59bwW6nKQ7
        tool_result bash_code_execution srvtoolu_016Qi1t4i5F4YD59bwW6nKQ7
        text 126 LibreOffice needs a display
        tool_call bash_code_execution srvtoolu_01Bvsh2yfTLC1BD9SbkXKYVj
        tool_result bash_code_execution srvtoolu_01Bvsh2yfTLC1BD9SbkXKYVj
        text 1725 Perfect! I've successfully c
        """,
        "code-execution-file-upload.1": """
        text 120 I'll analyze the CSV data to
        tool_call text_editor_code_execution srvtoolu_01Bxt8MXPF5wYdD7KH2HLPzR
        tool_result text_editor_code_execution srvtoolu_01Bxt8MXPF5wYdD7KH2HLPzR
        text 93 Perfect! Now I'll analyze th
        tool_call bash_code_execution srvtoolu_0142vFu9QyCKuFZ2X14zqBLR
        tool_result bash_code_execution srvtoolu_0142vFu9QyCKuFZ2X14zqBLR
        text 665 ## Analysis Results⏎⏎Based o
        """,
        "compaction.1": """
        compaction 2424 ## Summary of Conversation⏎⏎
        text 4451 Based on our conversation hi
        """,
        "fallback": """
        fallback
        text 66 The printing press was inven
        """,
        "json-output-format.1": """
        text 2007 {"recipe":{"name":"Classic L
        """,
        "mcp.1": """
        tool_call echo mcptoolu_015oTj2fXVKLrDohFetJd5UL
        tool_result - mcptoolu_015oTj2fXVKLrDohFetJd5UL
        text 127 The echo tool responded back
        """,
        "memory-20250818.1": """
        tool_call memory toolu_01TvNvpwszD4hKeudmbfyWiV
        """,
        "programmatic-tool-calling.1": """
        text 150 I'll help you simulate this
        tool_call code_execution srvtoolu_01CberhXc9TgYXrCZU8bQoks
        tool_call rollDie toolu_01PMcE1JBKCeLjn83cgUCvR5
        tool_call rollDie toolu_01MZf5QJ1EQyd2yGyeLzBxAS
        tool_call rollDie toolu_01T7Upuuv8C71nq7DZ9ZPNQW
        tool_call rollDie toolu_016Da1tDet9Bf7dAdYTkF5Ar
        tool_result code_execution srvtoolu_01CberhXc9TgYXrCZU8bQoks
        text 707 **Game Over!** ⏎⏎Player 1 do
        """,
        "refusal-no-details": """
        """,
        "refusal": """
        """,
        "text": """
        text 105 Hello! I'm doing well, thank
        """,
        "tool-no-args": """
        text 255 <thinking>⏎The updateIssueLi
        tool_call updateIssueList toolu_01LRmxn9vGM1d2DZSDBowdZ1
        """,
        "tool-search-deferred-regex.2": """
        tool_result tool_search srvtoolu_01WD1PoedV47LMZdJrsVNZtM
        text 228 Good! I can see the current
        tool_call executeEditorOperation toolu_01Vif37vPguXdx5yxixnpvpM
        """,
        "tool-search-regex.1": """
        tool_call tool_search_tool_regex srvtoolu_01SACvPAnp6ucMJsstB5qb3f
        tool_result tool_search srvtoolu_01SACvPAnp6ucMJsstB5qb3f
        text 103 I found a tool to get temper
        tool_call get_temp_data toolu_01X4r989CAhzqnFqDJn1gVvp
        """,
        "web-fetch-tool-20260209.1": """
        tool_call code_execution srvtoolu_015CSHH7X69AhdK9gNzotEeh
        tool_call web_fetch srvtoolu_0152eMmZnBDZc4C2miykFWW5
        tool_result web_fetch srvtoolu_0152eMmZnBDZc4C2miykFWW5
        tool_result code_execution srvtoolu_015CSHH7X69AhdK9gNzotEeh
        text 187 The page at **example.com**
        """,
        "web-fetch-tool.1": """
        text 84 I'll fetch the Wikipedia pag
        tool_call web_fetch srvtoolu_01KQVmoT9PpAS5FTTMFcM5ct
        tool_result web_fetch srvtoolu_01KQVmoT9PpAS5FTTMFcM5ct
        text 1634 This Wikipedia page is about
        """,
        "web-search-tool.1": """
        tool_call web_search srvtoolu_01Qxbje4duKBes3Nj42MkZug
        tool_result web_search srvtoolu_01Qxbje4duKBes3Nj42MkZug
        text 74 Let me search for more speci
        tool_call web_search srvtoolu_01HyorfKHSCsjCUVH6WHcNUC
        tool_result web_search srvtoolu_01HyorfKHSCsjCUVH6WHcNUC
        text 163 Based on the search results,
        text 194 Caroline Ellison, Sam Bankma
        text 256 ⏎⏎Unfortunately, the search
        text 256 Anthropic has launched a Chr
        text 4 ⏎⏎-
        text 391 Chinese AI firm DeepSeek has
        text 536 ⏎⏎## Technology Industry Con
        """,
        "reasoning-tool-use-non-streaming": """
        reasoning 114 The user wants to know the w
        text 56 Sure! Let me check the weath
        tool_call get_weather toolu_01Lb15KzZHz63KFSjmBpc4Fx
        """,
        "thinking-multi-turn-0": """
        reasoning 100 27 * 453⏎⏎Let me break this
        text 272 ## Solving 27 × 453⏎⏎I'll br
        """,
        "thinking-multi-turn-1": """
        reasoning 289 12,231 / 9⏎⏎Let me think abo
        text 679 ## Dividing 12,231 by 9⏎⏎###
        """,
    ]

    /// The bytes of the response in a sample.
    static func response(_ name: String) throws -> Data {
        let recorded = "datasets_api/Arize-ai+openinference__\(name).json"
        guard SampleFiles.paths(in: "datasets_api").contains(recorded) else {
            return try SampleFiles.data("provider_responses/vercel+ai__anthropic__anthropic-\(name).json")
        }
        return Data(try JSONDecoder().decode(Recorded.self, from: SampleFiles.data(recorded)).body.utf8)
    }

    /// A recorded answer of a server.
    struct Recorded: Decodable {
        let body: String
    }

    /// The samples of Anthropic that are none of its messages.
    static let others = [
        // What the API says of skills.
        "provider_responses/vercel+ai__anthropic.skills__anthropic-skill-create.json",
        "provider_responses/vercel+ai__anthropic.skills__anthropic-skill-version-create.json",
        // Events of a managed agent's session, which is another API.
        "datasets_api/langchain-ai+langsmith-sdk__anthropic_managed_builtin_tools.jsonl",
    ]
}
