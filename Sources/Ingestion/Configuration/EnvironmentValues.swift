import Environment

/// Values of more than text. Each is `nil` where the variable is not set, and throws a `ConfigurationError` that says
/// what the variable may be.
extension Environment {
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ variable: String
    ) throws(ConfigurationError) -> Choice? {
        guard let text = self[variable] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError(variable, "is '\(text)'; expected one of: \(choices)")
        }
        return choice
    }

    func flag(_ variable: String) throws(ConfigurationError) -> Bool? {
        switch self[variable] {
        case nil: return nil
        case "true": return true
        case "false": return false
        case let text?: throw ConfigurationError(variable, "is '\(text)'; expected true or false")
        }
    }

    func number(_ variable: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let text = self[variable] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError(
                variable, "is '\(text)'; expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
