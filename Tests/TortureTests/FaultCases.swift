import Foundation
import TestParts

/// One way in which S3 or Glue, or the way there, goes wrong.
struct FaultCase: Sendable {
    typealias Script = @Sendable (_ request: FaultProxy.Request, _ struckBefore: Int) -> FaultProxy.Fault

    /// Which requests it strikes.
    enum Target: Sendable { case puts, lists, everything, glue }
    enum Outcome: Sendable, Equatable {
        case succeeds
        /// With an error, or a partial answer, that says all of these.
        case fails([String])
    }

    let name: String
    var strikes = Target.puts
    var script: Script = { _, _ in .none }
    /// When it happens once, and `nil` where it can only happen for good.
    var once: Outcome? = .succeeds
    /// When it lasts as long as the invocation.
    var throughout: Outcome
    /// Milliseconds that the invocation has.
    var deadline = 15_000
    var environment: [String: String] = [:]
    /// Another endpoint than the proxy, for as long as the fault lasts.
    var endpoint: String?
    /// What the operator changes before the redelivery, where time alone does not heal it.
    var remedy: (endpoint: String, environment: [String: String])?
    /// Where the answer says so, the mapping delivers what is missing and no more.
    var answersPartially: Bool { environment["PARTIAL_BATCH_RESPONSE"] == "true" }
}

extension FaultCase {
    static func error(
        _ status: Int, _ code: String, _ message: String = "by the fault proxy", date: Date? = Date(),
        _ more: String = ""
    ) -> FaultProxy.Fault {
        let body = "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>\(message)</Message></Error>"
        let stamp = date.map { "Date: \(httpDate($0))\r\n" } ?? ""
        return .answer(
            "HTTP/1.1 \(status) Error\r\n\(stamp)\(more)Content-Type: application/xml\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
    }

    private static func httpDate(_ date: Date) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.string(from: date)
    }

    /// A server whose clock is an hour ahead of the function's.
    private static func skewed(_ request: FaultProxy.Request, tellsTime: Bool) -> FaultProxy.Fault {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
        let now = Date(timeIntervalSinceNow: 3600)
        guard let signed = format.date(from: request.headers["x-amz-date"] ?? ""),
            abs(signed.timeIntervalSince(now)) > 300
        else { return .none }
        return error(403, "RequestTimeTooSkewed", "The difference is too large", date: tellsTime ? now : nil)
    }

    /// - Parameters:
    ///   - secure: an HTTPS endpoint with a certificate that nobody knows, and the file that makes it known.
    ///   - refusing: a port that nobody listens on.
    static func all(secure: (url: String, certificate: String), refusing: Int, healthy: String) -> [FaultCase] {
        noConnection(secure: secure, refusing: refusing, healthy: healthy) + damagedConnections + errors + slowAnswers
            + clocks + denials + glue
    }

    private static let unstored = "Function.RecordsNotStored"

    private static func noConnection(
        secure: (url: String, certificate: String), refusing: Int, healthy: String
    ) -> [FaultCase] {
        [
            FaultCase(
                name: "connection refused", once: nil,
                throughout: .fails([unstored, "Unreachable", "AWS_ENDPOINT_URL"]),
                endpoint: "http://127.0.0.1:\(refusing)", remedy: (healthy, [:])),
            FaultCase(
                name: "no such host (DNS)", once: nil,
                throughout: .fails([unstored, "NameNotResolved", "resolve host"]),
                endpoint: "http://s3.nowhere.invalid", remedy: (healthy, [:])),
            FaultCase(
                name: "unknown certificate (TLS)", once: nil,
                throughout: .fails([unstored, "UntrustedCertificate", "AWS_CA_BUNDLE"]),
                endpoint: secure.url, remedy: (secure.url, ["AWS_CA_BUNDLE": secure.certificate])),
        ]
    }

    private static var damagedConnections: [FaultCase] {
        [
            FaultCase(
                name: "reset before the request arrived", script: { _, _ in .resetBefore },
                throughout: .fails([unstored, "PutObject", "ConnectionBroken"])),
            FaultCase(
                name: "reset after it arrived: written, no answer", script: { _, _ in .resetAfter },
                throughout: .fails([unstored, "PutObject", "ConnectionBroken"])),
            FaultCase(
                name: "half of the answer", script: { _, _ in .half },
                throughout: .fails([unstored, "PutObject"])),
            FaultCase(
                name: "half of a listing", strikes: .lists, script: { _, _ in .half },
                throughout: .fails([unstored, "ListObjectsV2"])),
            FaultCase(
                name: "an answer that is not HTTP", script: { _, _ in .answer("SSH-2.0-OpenSSH_9.6\r\n") },
                throughout: .fails([unstored, "PutObject", "ConnectionBroken"])),
        ]
    }

    private static var errors: [FaultCase] {
        [
            FaultCase(
                name: "500 InternalError", script: { _, _ in error(500, "InternalError") },
                throughout: .fails([unstored, "InternalError (HTTP 500)"])),
            FaultCase(
                name: "503 SlowDown", script: { _, _ in error(503, "SlowDown", "Please reduce your request rate.") },
                throughout: .fails([unstored, "SlowDown (HTTP 503)", "UPLOAD_CONCURRENCY"])),
            FaultCase(
                name: "409 ConditionalRequestConflict", script: { _, _ in error(409, "ConditionalRequestConflict") },
                throughout: .fails([unstored, "ConditionalRequestConflict (HTTP 409)"])),
        ]
    }

    private static var slowAnswers: [FaultCase] {
        [
            FaultCase(
                name: "silence for 40 s, request lost", script: { _, _ in .stallBefore(seconds: 40) },
                throughout: .fails([unstored, "Timeout"]), deadline: 14_000),
            FaultCase(
                name: "silence for 40 s, request carried out", script: { _, _ in .stallAfter(seconds: 40) },
                throughout: .fails([unstored, "Timeout"]), deadline: 14_000),
            FaultCase(
                name: "silence for 40 s, 3 s to the deadline", script: { _, _ in .stallAfter(seconds: 40) }, once: nil,
                throughout: .fails([unstored, "Timeout"]), deadline: 3_000),
            FaultCase(
                name: "an answer byte by byte", script: { _, _ in .trickle(milliseconds: 10) }, throughout: .succeeds,
                deadline: 40_000),
            FaultCase(
                name: "Content-Length too great", script: { _, _ in .length(off: 64) },
                throughout: .fails([unstored, "PutObject", "Timeout"]), deadline: 14_000),
            FaultCase(
                name: "a listing's Content-Length too small", strikes: .lists, script: { _, _ in .length(off: -60) },
                throughout: .fails([unstored, "UnreadableAnswer"])),
        ]
    }

    private static var clocks: [FaultCase] {
        [
            FaultCase(
                name: "the function's clock is an hour slow", strikes: .everything,
                script: { request, _ in skewed(request, tellsTime: true) }, throughout: .succeeds),
            FaultCase(
                name: "clock skew, and an answer without a date", strikes: .everything,
                script: { request, _ in skewed(request, tellsTime: false) }, once: nil,
                throughout: .fails([unstored, "RequestTimeTooSkewed", "clock"])),
        ]
    }

    private static var denials: [FaultCase] {
        [
            FaultCase(
                name: "credentials expire in mid-batch",
                script: { _, before in
                    before < 2 ? .none : error(400, "ExpiredToken", "The provided token has expired.")
                },
                once: nil, throughout: .fails([unstored, "ExpiredToken", "credentials"])),
            FaultCase(
                name: "the same, with partial answers",
                script: { _, before in
                    before < 2 ? .none : error(400, "ExpiredToken", "The provided token has expired.")
                },
                once: nil, throughout: .fails(["batchItemFailures"]), environment: ["PARTIAL_BATCH_RESPONSE": "true"]),
            FaultCase(
                name: "PutObject denied", script: { _, _ in error(403, "AccessDenied") }, once: nil,
                throughout: .fails([unstored, "AccessDenied (HTTP 403)", "s3:PutObject"])),
            FaultCase(
                name: "ListBucket denied", strikes: .lists, script: { _, _ in error(403, "AccessDenied") }, once: nil,
                throughout: .fails([unstored, "AccessDenied (HTTP 403)", "s3:ListBucket"])),
        ]
    }

    private static var glue: [FaultCase] {
        [
            FaultCase(
                name: "Glue: reset after the crawler started", strikes: .glue, script: { _, _ in .resetAfter },
                throughout: .succeeds),
            FaultCase(
                name: "Glue: 500 throughout", strikes: .glue,
                script: { _, _ in error(500, "InternalServiceException") },
                throughout: .succeeds),
            FaultCase(
                name: "Glue: silence for 40 s", strikes: .glue, script: { _, _ in .stallBefore(seconds: 40) },
                throughout: .succeeds, deadline: 14_000),
        ]
    }
}
