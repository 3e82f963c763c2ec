/// What becomes of the sample files.
enum SampleTable {
    static let text = """
        """
}
