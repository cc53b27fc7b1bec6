import AWSGlue
import Environment
import Testing
import XML

@testable import AWSCore
@testable import AWSS3

@Suite struct `Configuration` {
    func configuration(
        _ values: [String: String], files: [String] = ["/etc/ssl/cert.pem"]
    ) throws -> AWSConfiguration {
        try AWSConfiguration(
            environment: Environment(values), services: [.s3, .glue], isReadable: files.contains)
    }

    @Test func `AWS itself, four attempts and the system's certificates without any variable but the region`() throws {
        let found = try configuration(["AWS_REGION": "eu-central-1"])
        #expect(found.region == "eu-central-1" && found.endpoints.allSatisfy { $0.setting == nil })
        #expect(found.maxAttempts == 4 && found.certificateBundle == "/etc/ssl/cert.pem")
        #expect(try configuration(["AWS_DEFAULT_REGION": "us-west-2"]).region == "us-west-2")
        #expect(
            try configuration(["AWS_DEFAULT_REGION": "us-west-2", "AWS_REGION": "us-east-1"]).region == "us-east-1")
    }

    @Test func `an endpoint for one service goes before the one for all`() throws {
        let found = try configuration([
            "AWS_REGION": "r", "AWS_ENDPOINT_URL": "http://localhost:4566/",
            "AWS_ENDPOINT_URL_S3": "HTTPS://Storage.example:443/base/",
        ])
        #expect(found.endpoint(of: .s3).endpoint == Endpoint(isSecure: true, host: "storage.example", path: "/base"))
        #expect(found.endpoint(of: .glue).endpoint == Endpoint(isSecure: false, host: "localhost:4566"))
    }

    @Test(arguments: [
        ("AWS_REGION", ["AWS_REGION": ""]), ("AWS_REGION", ["AWS_REGION": "eu-central-1.evil.example/"]),
        ("AWS_MAX_ATTEMPTS", ["AWS_MAX_ATTEMPTS": "0"]), ("AWS_MAX_ATTEMPTS", ["AWS_MAX_ATTEMPTS": "21"]),
        ("AWS_MAX_ATTEMPTS", ["AWS_MAX_ATTEMPTS": "many"]),
        ("AWS_ENDPOINT_URL_S3", ["AWS_ENDPOINT_URL_S3": "localhost:9000"]),
        ("AWS_ENDPOINT_URL", ["AWS_ENDPOINT_URL": "ftp://localhost"]),
        ("AWS_CA_BUNDLE", ["AWS_CA_BUNDLE": "/absent.pem"]), ("SSL_CERT_FILE", ["SSL_CERT_FILE": "/absent.pem"]),
        ("PROXY_CA_BUNDLE", ["PROXY_CA_BUNDLE": "/absent.pem"]),
    ])
    func `what is wrong is named`(variable: String, values: [String: String]) {
        let error = #expect(throws: ConfigurationError.self) {
            try configuration(["AWS_REGION": "us-east-1"].merging(values) { $1 })
        }
        #expect(error?.variable == variable && error?.description.hasPrefix(variable) == true)
    }

    @Test func `certificates are asked for only where https is spoken`() throws {
        let local = ["AWS_REGION": "r", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"]
        #expect(try configuration(local, files: []).certificateBundle == nil)
        let error = #expect(throws: ConfigurationError.self) { try configuration(["AWS_REGION": "r"], files: []) }
        #expect(error?.variable == "AWS_CA_BUNDLE")
        let throughTLS = local.merging(["http_proxy": "https://proxy.example"]) { $1 }
        #expect(throws: ConfigurationError.self) { try configuration(throughTLS, files: []) }
        let proxys = try configuration(
            throughTLS.merging(["PROXY_CA_BUNDLE": "/proxy.pem"]) { $1 }, files: ["/proxy.pem"])
        #expect(proxys.certificateBundle == nil && proxys.proxyCertificateBundle == "/proxy.pem")
        let named = try configuration(
            ["AWS_REGION": "r", "AWS_CA_BUNDLE": "/my.pem"], files: ["/my.pem", "/etc/ssl/cert.pem"])
        #expect(named.certificateBundle == "/my.pem")
    }

    @Test(arguments: [
        "http://", "http:/x", "http://a b", "http://user:password@host", "http://host?x", "http://host/a?b",
        "http://host/#f",
        "http://host:0", "http://host:99999", "http://host:x", "http://höst", "http://host/%41", "http://::1/",
        "//host", "",
        "http://host/a\u{7f}", "http://host\r\nX: y",
    ])
    func `a URL that is not valid makes no endpoint`(text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test(arguments: [
        ("http://127.0.0.1:4566", "127.0.0.1:4566"), ("http://host:80/", "host"), ("https://host:80", "host:80"),
        ("https://[::1]:9000", "[::1]:9000"), ("http://[FD00::1]", "[fd00::1]"),
    ])
    func `the host is written as libcurl writes it`(text: String, host: String) {
        #expect(Endpoint(text)?.host == host)
    }

    @Test func `buckets are part of the host name where that can be`() throws {
        func address(_ bucket: String, _ values: [String: String]) throws -> String {
            let service = try configuration(values).endpoint(of: .s3)
            let place = S3Address(bucket: bucket, service)
            return "\(service.endpoint.isSecure ? "https" : "http")://\(place.host)\(place.path)"
        }
        #expect(try address("data-1", ["AWS_REGION": "eu-central-1"]) == "https://data-1.s3.eu-central-1.amazonaws.com")
        #expect(try address("data-1", ["AWS_REGION": "cn-north-1"]) == "https://data-1.s3.cn-north-1.amazonaws.com.cn")
        for odd in ["my.data", "Data", "my_data", "ab", String(repeating: "a", count: 64), "-ab"] {
            #expect(try address(odd, ["AWS_REGION": "us-east-1"]) == "https://s3.us-east-1.amazonaws.com/\(odd)")
        }
        #expect(
            try address("data-1", ["AWS_REGION": "r", "AWS_ENDPOINT_URL": "http://h:1/s"]) == "http://h:1/s/data-1")
    }
}

@Suite struct `AWS's own endpoints` {
    func hosts(_ region: String, _ values: [String: String] = [:]) throws -> [String] {
        let found = try AWSConfiguration(
            environment: Environment(["AWS_REGION": region].merging(values) { $1 }), services: [.s3, .glue],
            isReadable: { _ in true })
        return [S3Address(bucket: "data-1", found.endpoint(of: .s3)).host, found.endpoint(of: .glue).endpoint.host]
    }

    /// As botocore has them in its rule sets; `EndpointRuleTests` asks it.
    @Test(arguments: [
        ("eu-central-1", "aws", "amazonaws.com", "api.aws"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com", "api.aws"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"),
        ("us-iso-east-1", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov"),
        ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"),
        ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        ("us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
        ("xx-new-1", "aws", "amazonaws.com", "api.aws"),
    ])
    func `are those of the region's partition`(region: String, name: String, suffix: String, dualStack: String) throws {
        #expect(Partition(region: region).name == name)
        #expect(try hosts(region) == ["data-1.s3.\(region).\(suffix)", "glue.\(region).\(suffix)"])
        #expect(
            try hosts(region, ["AWS_USE_DUALSTACK_ENDPOINT": "true"])
                == ["data-1.s3.dualstack.\(region).\(suffix)", "glue.\(region).\(dualStack)"])
    }

    @Test func `of validated cryptography, and of IPv6 as well`() throws {
        let fips = ["AWS_USE_FIPS_ENDPOINT": "True"]
        #expect(
            try hosts("us-east-1", fips) == [
                "data-1.s3-fips.us-east-1.amazonaws.com", "glue-fips.us-east-1.amazonaws.com",
            ])
        #expect(try hosts("us-gov-west-1", fips)[0] == "data-1.s3-fips.us-gov-west-1.amazonaws.com")
        #expect(
            try hosts("ca-central-1", fips.merging(["AWS_USE_DUALSTACK_ENDPOINT": "true"]) { $1 })
                == ["data-1.s3-fips.dualstack.ca-central-1.amazonaws.com", "glue-fips.ca-central-1.api.aws"])
        #expect(try hosts("us-east-1", ["AWS_USE_FIPS_ENDPOINT": "false"])[0] == "data-1.s3.us-east-1.amazonaws.com")
    }

    @Test(arguments: [
        ("AWS_USE_FIPS_ENDPOINT", ["AWS_USE_FIPS_ENDPOINT": "yes"], "true or false"),
        ("AWS_USE_DUALSTACK_ENDPOINT", ["AWS_USE_DUALSTACK_ENDPOINT": "1"], "true or false"),
        (
            "AWS_USE_FIPS_ENDPOINT", ["AWS_USE_FIPS_ENDPOINT": "true", "AWS_REGION": "eu-central-1"],
            "eu-central-1 has no FIPS"
        ),
        (
            "AWS_USE_FIPS_ENDPOINT", ["AWS_USE_FIPS_ENDPOINT": "true", "AWS_REGION": "cn-north-1"],
            "cn-north-1 has no FIPS"
        ),
        (
            "AWS_USE_FIPS_ENDPOINT", ["AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "https://h"],
            "AWS_ENDPOINT_URL_S3"
        ),
        (
            "AWS_USE_DUALSTACK_ENDPOINT", ["AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_ENDPOINT_URL_GLUE": "https://h"],
            "AWS_ENDPOINT_URL_GLUE"
        ),
    ])
    func `that are not to be had are refused`(variable: String, values: [String: String], hint: String) {
        let error = #expect(throws: ConfigurationError.self) { try hosts("us-east-1", values) }
        #expect(error?.variable == variable && error?.description.contains(hint) == true)
    }
}

@Suite struct `Reading what services write` {
    @Test func `XML entities`() {
        func first(_ xml: String) -> String? {
            let bytes = buffer(xml)
            return XMLText.first("A", in: bytes.bytes)
        }
        #expect(
            first("<A>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;&nope;&;&#xD800;& x</A>") == "<&>\"'AB&nope;&;&#xD800;& x")
        #expect(first("<AB>no</AB><A>yes</A>") == "yes")
        for broken in ["", "<", "<A", "<A>", "<A>x", "<A>x<", "<A>x</", "<A>x</A", "</A><A"] {
            #expect(first(broken) == nil)
        }
    }

    @Test(arguments: [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Mon, 23 Nov 2026 06:15:01 GMT", 1_795_414_501_000),
        ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199_000),
    ])
    func `HTTP dates`(text: String, moment: Int64) {
        #expect(MomentText.http(text) == moment)
    }

    @Test func `RFC 3339 dates, and what is none`() {
        #expect(MomentText.rfc3339("2026-11-23T06:15:01Z") == 1_795_414_501_000)
        #expect(MomentText.rfc3339("2024-02-29T23:59:59.999Z") == 1_709_251_199_000)
        for text in ["", "T", "2026-11-23", "2026-11-23T06:15:01", "2026-13-23T06:15:01Z", "x-y-zT1:2:3Z"] {
            #expect(MomentText.rfc3339(text) == nil && MomentText.http(text) == nil)
        }
    }

    @Test func `metadata values survive whatever they hold`() {
        for value in ["plain", "a b+c=d", "ü€😀", "100%", "%41", " edges ", "line\r\nX-Evil: 1", "\u{0}", ""] {
            let encoded = MetadataHeader.encoded(value)
            #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
            #expect(MetadataHeader((name: "X-Amz-Meta-Topic", value: encoded))?.value == value)
        }
        #expect(MetadataHeader((name: "ETag", value: "x")) == nil)
    }
}
