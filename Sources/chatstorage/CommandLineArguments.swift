import ArgumentParser

/// The words after the tool's name, made ready for ArgumentParser.
enum CommandLineArguments {
    /// The commands whose last operands are taken as they are, whatever they begin with: texts, and labels to remove.
    private static let commandsWithText: Set = ["add", "title", "label"]
    /// The options that may stand before the command.
    private static let rootOptions: Set = ["--store", "--tenant", "--schema", "--immutable", "--pooler"]
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

    /// Splits `--tenant=` (what `--tenant=$UNSET` gives) into two words: ArgumentParser would take the next word as the
    /// value.
    private static func separatingEmptyValue(_ argument: String) -> [String] {
        guard argument.hasSuffix("="), optionsWithValue.contains(String(argument.dropLast())) else { return [argument] }
        return [String(argument.dropLast()), ""]
    }

    /// The error for several texts, such as one without quotes or with options behind it.
    static let textIsOneArgument = ValidationError("TEXT is one argument (quote it); options go before ID.")

    /// The command that a mistyped name probably means: the most similar one, if at most two letters differ.
    ///
    /// - Returns: The name as it was written, and the similar one if there is one. Nil if there is no operand, if the
    ///   first one is a command, or if it follows an option that is left to ArgumentParser.
    static func unknownCommand(in arguments: [String], of names: [String]) -> (written: String, meant: String?)? {
        guard let index = firstOperand(of: arguments[...]), !names.contains(arguments[index]),
            arguments[..<index].allSatisfy({ word in
                !word.hasPrefix("-") || rootOptions.contains(String(word.prefix { $0 != "=" }))
            })
        else { return nil }
        let written = arguments[index]
        let distances = names.filter { abs($0.count - written.count) <= 2 }.map {
            (name: $0, distance: distance(written, $0))
        }
        let nearest = distances.min { $0.distance < $1.distance }
        return (written, nearest.flatMap { $0.distance <= 2 && $0.distance < $0.name.count ? $0.name : nil })
    }

    /// How many letters must be added, removed, replaced or swapped with the next to turn one text into the other.
    private static func distance(_ text: String, _ other: String) -> Int {
        let (letters, others) = (Array(text), Array(other))
        var rows = [Array(0...others.count)]
        for (row, letter) in letters.enumerated() {
            var next = [row + 1]
            for (column, other) in others.enumerated() {
                let replaced = rows[row][column] + (letter == other ? 0 : 1)
                next.append(min(replaced, rows[row][column + 1] + 1, next[column] + 1))
                if row > 0, column > 0, letter == others[column - 1], letters[row - 1] == other {
                    next[column + 1] = min(next[column + 1], rows[row - 1][column - 1] + 1)
                }
            }
            rows.append(next)
        }
        return rows[letters.count][others.count]
    }

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
