import ArgumentParser

/// Refuses limits below 0 as a mistake on the command line.
func validate(limit: Int) throws {
    guard limit >= 0 else { throw ValidationError("--limit must be 0 or more.") }
}
