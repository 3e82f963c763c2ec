import ChatStorageProviders
import Testing

@Test func anOmissionSaysWhere() {
    #expect(Omission(message: 1, part: 2, reason: "x").part == 2)
}
