import ChatStorageCore
import HTTPTypes
import Hummingbird

extension Request {
    /// The body, a JSON object; an empty body is an empty object.
    func object(_ context: UserContext) async throws -> JSONObject {
        let buffer = try await body.collect(upTo: context.maxUploadSize)
        let text = String(buffer: buffer)
        if text.isEmpty { return JSONObject() }
        guard case .object(let object) = try JSONValue(parsing: text) else {
            throw APIError.invalid("The body is not a JSON object.")
        }
        return object
    }

    /// A parameter of the query.
    func query(_ name: String) -> String? { uri.queryParameters.get(name) }

    /// A header's value.
    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }

    /// The key that makes repeats of the request one request; nil without the header.
    var key: RequestKey? {
        get throws { try header("Idempotency-Key").map(RequestKey.init) }
    }

    /// How many a list is to have at most.
    func limit(default limit: Int) throws -> Int {
        guard let text = query("limit") else { return limit }
        guard let number = Int(text), 1...100 ~= number else {
            throw APIError.invalid("The limit is 1 to 100.", at: "limit")
        }
        return number
    }
}

extension Response {
    /// A response of JSON.
    static func json(_ json: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json.text)))
    }
}

extension JSONObject {
    /// A member that may be missing or null.
    ///
    /// - Throws: ``APIError`` for a value of another kind.
    func optional<Value: JSONConvertible>(_ name: String, as type: Value.Type = Value.self) throws -> Value? {
        guard let json = self[name], json != .null else { return nil }
        guard let value = Value(json: json) else { throw APIError.invalid("\(name) has the wrong type.", at: name) }
        return value
    }
}

extension JSONValue {
    /// A member of an object; nil for none, and of anything else.
    subscript(name: String) -> JSONValue? {
        if case .object(let object) = self { object[name] } else { nil }
    }

    /// The elements of an array.
    var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The string, if it is one.
    var string: String? { String(json: self) }

    /// The integer, if it is one.
    var integer: Int? { Int(json: self) }

    /// The value, or null.
    init(_ text: String?) {
        self = text.map(JSONValue.string) ?? .null
    }

    /// A time in whole seconds, as the API has them.
    init(_ time: Timestamp) {
        self = .integer(time.microsecondsSinceEpoch / 1_000_000)
    }
}
