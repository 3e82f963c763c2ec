import ArgumentParser

@main
struct ChatStorageTool: AsyncParsableCommand {}
