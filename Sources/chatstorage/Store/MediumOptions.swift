import ArgumentParser

/// Where a store's file lies: the option of commands that can do their work without writing.
struct MediumOptions: ParsableArguments {
    @Flag(
        help: """
            Read a SQLite file where it lies on a medium that nobody writes, such as a DVD or a snapshot; for list, \
            show, history, forks, stats, tenants, unfinished, meta, backup, check and exec.
            """)
    var immutable = false
}

/// What a command that always writes has in its place: given before the command's name, the option is the tool's own.
struct WritableMedium: ParsableArguments {
    @OptionGroup(visibility: .private) var medium: MediumOptions

    func validate() throws {
        guard !medium.immutable else {
            throw ValidationError("--immutable is for reading a file, and this command writes.")
        }
    }
}
