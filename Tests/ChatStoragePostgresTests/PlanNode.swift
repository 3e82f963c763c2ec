@testable import ChatStoragePostgres

/// A node of a plan; in a list the nodes below it come after it.
struct PlanNode: CustomStringConvertible {
    let type: String
    let relation: String
    let index: String
    let condition: String
    let filter: String
    let isBackward: Bool

    var isScan: Bool { type.hasSuffix("Scan") && !relation.isEmpty }

    var description: String { "\(type) \(relation) \(index) \(condition)" }

    static func all(in plan: [String: Any]) -> [PlanNode] {
        let below = plan["Plans"] as? [[String: Any]] ?? []
        let node = PlanNode(
            type: plan["Node Type"] as? String ?? "", relation: plan["Relation Name"] as? String ?? "",
            index: plan["Index Name"] as? String ?? "",
            condition: plan["Index Cond"] as? String ?? plan["Recheck Cond"] as? String ?? "",
            filter: plan["Filter"] as? String ?? "", isBackward: plan["Scan Direction"] as? String == "Backward")
        return [node] + below.flatMap(all)
    }
}

extension ParameterType {
    var typeName: String {
        switch self {
        case .boolean: "boolean"
        case .bigint: "bigint"
        case .text: "text"
        case .textArray: "text[]"
        case .bigintArray: "bigint[]"
        case .timestamptz: "timestamptz"
        case .timestamptzArray: "timestamptz[]"
        }
    }

    var example: String {
        switch self {
        case .boolean: "true"
        case .bigint: "51"
        case .text: "'c1'"
        case .textArray: "'{c1}'"
        case .bigintArray: "'{1}'"
        case .timestamptz: "'2026-01-01 00:00:30'"
        case .timestamptzArray: "'{2026-01-01}'"
        }
    }
}
