import Testing

@testable import ChatStoragePostgres

/// Which servers are tried after one that did not answer.
@Suite struct ServerListTests {
    @Test func theServersAfterTheSilentOneComeFirst() throws {
        let all = list(["host": "a,b,c", "hostaddr": "10.0.0.1,10.0.0.2,10.0.0.3", "port": "1,2,3"])
        let others = try #require(
            all.without(ServerAddress(host: "b", address: "10.0.0.2", port: "2")) { _ in ["no look-up"] })
        #expect(texts(others) == ["c,a", "10.0.0.3,10.0.0.1", "3,1"])
        let last = try #require(others.without(ServerAddress(host: "c", address: "10.0.0.3", port: "3")))
        #expect(texts(last) == ["a", "10.0.0.1", "1"])
        #expect(last.without(ServerAddress(host: "a", address: "10.0.0.1", port: "1")) == nil)
    }

    @Test func aNamesOtherAddressesAreTried() throws {
        let all = list(["host": "name,/socket", "port": "5432"])
        let others = try #require(
            all.without(ServerAddress(host: "name", address: "::1", port: "5432")) { host in
                host == "name" ? ["::1", "127.0.0.1"] : []
            })
        #expect(texts(others) == ["name,/socket", "127.0.0.1,", "5432,5432"])
        let last = try #require(others.without(ServerAddress(host: "name", address: "127.0.0.1", port: "5432")))
        #expect(texts(last) == ["/socket", "", "5432"])
        #expect(last.without(ServerAddress(host: "/socket", address: "", port: "5432")) == nil)
    }

    @Test func aServerThatIsNotNamedIsTheOnlyOne() {
        let silent = ServerAddress(host: "/var/run/postgresql", address: "", port: "5432")
        #expect(list(["port": "5432"]).without(silent) == nil)
    }

    @Test func theSystemKnowsAddresses() {
        #expect(ServerList.addresses(of: "127.0.0.1") == ["127.0.0.1"])
        // No name has a part of over 63 bytes, so no name server is asked.
        #expect(ServerList.addresses(of: String(repeating: "a", count: 64)).isEmpty)
    }

    private func list(_ values: [String: String]) -> ServerList { ServerList(EffectiveOptions(values: values)) }

    private func texts(_ list: ServerList) -> [String] { list.options.map(\.value) }
}
