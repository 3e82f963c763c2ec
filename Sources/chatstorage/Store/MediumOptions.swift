import ArgumentParser

/// Where a store's file lies: the option of commands that can do their work without writing.
struct MediumOptions: ParsableArguments {
    @Flag(
        help: """
            Read a SQLite file that nobody can change, such as one on a DVD or in a snapshot; for list, show, history, \
            forks, export, stats, tenants, unfinished, meta, backup, check, exec and, for --from, copy.
            """)
    var immutable = false
}

/// Takes the place of ``MediumOptions`` in a command that always writes, and refuses the option.
///
/// It refuses it even before the command's name, where the tool itself parses it.
struct WritableMedium: ParsableArguments {
    @OptionGroup(visibility: .private) var medium: MediumOptions

    func validate() throws {
        guard !medium.immutable else {
            throw ValidationError("--immutable is for reading a file, and this command writes.")
        }
    }
}
