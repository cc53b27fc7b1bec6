import Foundation

/// A local AWS that checks every signature and enforces policies, one for all tests. See `python/local_aws.py`.
///
/// It takes seconds to start, and ends with the tests' process.
package enum LocalAWS {
    private struct Ready: Decodable, Sendable {
        var port: Int
        var questions: Int
        var users: [String: Key]
    }

    fileprivate struct Key: Decodable, Sendable {
        var keyID: String
        var secret: String
        var token: String?

        var variables: [String: String] {
            var variables = ["AWS_ACCESS_KEY_ID": keyID, "AWS_SECRET_ACCESS_KEY": secret]
            variables["AWS_SESSION_TOKEN"] = token
            return variables
        }
    }

    private static let server = Result { try PythonServer<Ready>(TestParts.file("python/local_aws.py")) }

    package static var endpoint: String { get throws { "http://127.0.0.1:\(try server.get().ready.port)" } }

    /// The variables that make a program act as `user`.
    package static func credentials(_ user: String) throws -> [String: String] {
        guard let key = try server.get().ready.users[user] else { throw Refused(description: "no user \(user)") }
        return key.variables
    }

    /// Has a function of a Python file called, or one of the `Buckets` where `file` is `nil`.
    package static func ask<Answer: Decodable>(
        _ function: String, _ arguments: [String: Any], of file: URL? = nil, _: Answer.Type = Answer.self
    ) throws -> Answer {
        let question = arguments.merging(["function": function, "file": file?.path ?? ""]) { $1 }
        let body = try JSONSerialization.data(withJSONObject: question)
        let answer = try TestParts.post(port: try server.get().ready.questions, "/", body: body)
        guard answer.status == 200 else { throw Refused(description: answer.text) }
        return try JSONDecoder().decode(Answer.self, from: Data(answer.body))
    }

    package struct Nothing: Decodable { public init() {} }

    /// What the Python part says of a question that it could not answer.
    package struct Refused: Error, CustomStringConvertible {
        package let description: String
    }
}

/// A bucket, a crawler of the same name and a user who may do everything there, that no other test uses.
package struct Bucket: Sendable {
    private struct Made: Decodable, Sendable {
        var name: String
        var user: LocalAWS.Key
    }

    private let made: Made

    package init() throws { made = try LocalAWS.ask("make", [:]) }

    package var name: String { made.name }

    /// The function's variables for this bucket, without its crawler.
    /// - Parameter user: of `LocalAWS`; `nil` is the bucket's own.
    package func variables(_ more: [String: String], user: String?) throws -> [String: String] {
        ["INGESTION_BUCKET": name, "AWS_ENDPOINT_URL": try LocalAWS.endpoint]
            .merging(try user.map(LocalAWS.credentials) ?? made.user.variables) { $1 }.merging(more) { $1 }
    }

    /// Has a function of a Python file called about this bucket.
    package func ask<Answer: Decodable>(
        _ function: String, _ arguments: [String: Any] = [:], of file: URL? = nil, _: Answer.Type = Answer.self
    ) throws -> Answer {
        try LocalAWS.ask(function, arguments.merging(["bucket": name]) { $1 }, of: file)
    }

    /// From now on the bucket's own user may not write to keys that match these patterns; none mends it.
    package func deny(_ patterns: [String]) throws {
        let resources = patterns.map { "arn:aws:s3:::\(name)/\($0)" }
        _ = try ask("deny", ["resources": resources], LocalAWS.Nothing.self)
    }
}
