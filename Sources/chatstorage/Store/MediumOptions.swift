import ArgumentParser

/// Where a store's file lies: the option of commands that can do their work without writing.
struct MediumOptions: ParsableArguments {
    @Flag(
        help: """
            Read a SQLite file on a medium that nobody writes, such as a DVD or a snapshot; for list, show, history, \
            forks, stats, tenants, unfinished, meta, backup, check and exec.
            """)
    var immutable = false
}

/// Takes the place of ``MediumOptions`` in a command that always writes: before the command's name the tool itself
/// parses the option.
struct WritableMedium: ParsableArguments {
    @OptionGroup(visibility: .private) var medium: MediumOptions

    func validate() throws {
        guard !medium.immutable else {
            throw ValidationError("--immutable is for reading a file, and this command writes.")
        }
    }
}
