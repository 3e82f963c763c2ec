import ArgumentParser

/// The words after the tool's name, made ready for ArgumentParser.
enum CommandLineArguments {
    /// The commands whose last operands are taken as they are, whatever they begin with: texts, and labels to remove.
    private static let commandsWithText: Set = ["add", "title", "label"]
    private static let optionsWithValue: Set = ["--store", "--tenant", "--schema", "--roles", "--add", "--remove"]

    /// The words as the system hands them over.
    ///
    /// - Throws: ``Failure`` for a word that is not UTF-8; Swift's own `CommandLine.arguments` would replace its bytes.
    static func all() throws -> [String] {
        try (1..<max(1, CommandLine.argc)).compactMap { number in
            guard let word = CommandLine.unsafeArgv[Int(number)] else { return nil }
            guard let text = String(validatingCString: word) else {
                throw Failure("argument \(number) is not valid UTF-8", status: Failure.usage)
            }
            return text
        }
    }

    /// Puts `--` before the first operand of a command that takes a text, so that no text is read as an option.
    ///
    /// `captureForPassthrough` is not enough: ArgumentParser refuses words such as `---` anywhere.
    static func endingOptions(_ arguments: [String]) -> [String] {
        guard let name = firstOperand(of: arguments[...]), commandsWithText.contains(arguments[name]),
            let operand = firstOperand(of: arguments[(name + 1)...])
        else {
            let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
            return arguments[..<end].flatMap(separatingEmptyValue) + arguments[end...]
        }
        return arguments[..<operand].flatMap(separatingEmptyValue) + ["--"] + arguments[operand...]
    }

    /// Splits `--tenant=`, such as an unset variable leaves, into two words: ArgumentParser would take the next word as
    /// the value.
    private static func separatingEmptyValue(_ argument: String) -> [String] {
        guard argument.hasSuffix("="), optionsWithValue.contains(String(argument.dropLast())) else { return [argument] }
        return [String(argument.dropLast()), ""]
    }

    /// The error for several texts, such as one without quotes or with options behind it.
    static let textIsOneArgument = ValidationError("TEXT is one argument (quote it); options go before ID.")

    /// The index of the first operand; nil if there are only options, or if `--` already ends them.
    private static func firstOperand(of arguments: ArraySlice<String>) -> Int? {
        var isValue = false
        for (index, argument) in zip(arguments.indices, arguments) {
            if isValue {
                isValue = false
            } else if argument == "--" {
                return nil
            } else if argument == "-" || !argument.hasPrefix("-") {
                return index
            } else {
                isValue = optionsWithValue.contains(argument)
            }
        }
        return nil
    }
}
