import AWSGlue
import AWSGlue
import AWSLambda
import Environment
import Foundation
import Testing
import TestParts

@testable import AWSCore
@testable import AWSS3

/// The rules that every SDK has, as a second opinion on the hosts of all partitions.
@Suite struct `Hosts by botocore's rules` {
    @Test func `are ours, or refused`() throws {
        let lines = try rules().split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.count == 44)
        for line in lines {
            let values = [
                "AWS_REGION": line[0], "AWS_USE_FIPS_ENDPOINT": line[1], "AWS_USE_DUALSTACK_ENDPOINT": line[2],
            ]
            let found = try? AWSConfiguration(
                environment: Environment(values), services: [.s3, .glue, .lambda], isReadable: { _ in true })
            let ours = found.map { found in
                [S3Address(bucket: "data-1", found.endpoint(of: .s3)).host]
                    + [AWSService.glue, .lambda].map { found.endpoint(of: $0).endpoint.host }
            }
            // botocore makes names for regions that have no such endpoints, and leaves it to DNS to say so.
            let isKnownToHaveNone =
                line[1] == "True" && ["cn-", "xx-", "eu-central-"].contains { line[0].hasPrefix($0) }
            #expect(ours == (isKnownToHaveNone ? nil : Array(line[3...])), "\(line)")
        }
    }

    private func rules() throws -> String {
        String(decoding: try TestParts.output(ofPython: TestParts.file("endpoint_rules.py")), as: UTF8.self)
    }
}
