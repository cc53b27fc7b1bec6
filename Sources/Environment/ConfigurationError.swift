/// A variable that is missing or holds what the function cannot work with. The start of the function ends with it,
/// so the text says what to set. It never repeats a secret's value.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The variable's name, `INGESTION_BUCKET` for example.
    package var variable: String
    /// What is wrong and what would be right: "is not set: name the bucket that the objects go to".
    package var problem: String

    package init(_ variable: String, _ problem: String) {
        self.variable = variable
        self.problem = problem
    }

    package var description: String { "\(variable) \(problem)" }
}
