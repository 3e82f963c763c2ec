/// The check that contenders do the same work, made before it is measured.
enum Agreement {
    static func check(_ agrees: Bool, _ what: String) throws {
        guard agrees else { throw Failure("not the same as the library's: \(what)") }
    }
}
