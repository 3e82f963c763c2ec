import ChatStorageCore
import Foundation
import Testing

/// Roles are the bytes of their names, whether the library knows these names or not.
@Suite struct RoleTests {
    private static let names = [
        "system", "user", "assistant", "User", "USER", "users", "use", "user ", "usér", "use\u{301}r", "usér\u{0}", "",
        "a name that is too long for a small string", "a\u{e9}", "ae\u{301}", "a\u{301}ssistant",
        "assistant\u{301}",
    ]

    @Test func everyNameComesBackByteForByte() throws {
        for name in Self.names {
            let role = Role(rawValue: name)
            #expect(Array(role.rawValue.utf8) == Array(name.utf8))
            #expect(role.description == role.rawValue)
            let json = try JSONEncoder().encode([role])
            #expect(try JSONDecoder().decode([Role].self, from: json) == [role])
            #expect(try JSONDecoder().decode([String].self, from: json).map { Array($0.utf8) } == [Array(name.utf8)])
        }
    }

    @Test func rolesAreEqualWhenTheirBytesAre() {
        for left in Self.names {
            for right in Self.names {
                let (mine, its) = (Role(rawValue: left), Role(rawValue: right))
                #expect((mine == its) == (Array(left.utf8) == Array(right.utf8)), "\(left) and \(right)")
                if mine == its { #expect(mine.hashValue == its.hashValue) }
            }
        }
    }

    @Test func aNameMadeAnyWayIsTheRoleThatHasIt() {
        for (role, name) in [(Role.system, "system"), (.user, "user"), (.assistant, "assistant")] {
            #expect(role.rawValue == name)
            #expect(Role(rawValue: name) == role)
            #expect(Role(rawValue: String(decoding: Array(name.utf8), as: UTF8.self)) == role)
            #expect(Role(rawValue: String("the role \(name)".suffix(name.count))) == role)
            #expect(Role.standard.contains(Role(rawValue: name)))
        }
        #expect(Role.standard.count == 3)
    }

    @Test func aDumpShowsTheName() {
        var text = ""
        dump(Role.user, to: &text)
        #expect(text.contains(#"rawValue: "user""#) && !text.contains("Name"), "\(text)")
    }
}
