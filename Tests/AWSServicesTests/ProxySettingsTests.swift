import Environment
import Testing

@testable import AWSCore

@Suite struct `Proxies from the environment` {
    @Test(arguments: [
        "proxy.example", "proxy.example:3128", "http://proxy.example:3128/", "https://10.0.0.1:443", "socks4://h:1",
        "socks4a://h",
        "socks5://user@h:1080", "SOCKS5H://user:@[fd00::1]:1", "user:pass@h", "http://us%40er:p%2Fa%23s%40s%25@h:65535",
        "http://u:$&'()*+,;=!-._~@h",
    ])
    func `are taken as libcurl takes them`(value: String) throws {
        for name in ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"] {
            let settings = try ProxySettings(environment: Environment([name: value]))
            #expect(settings.secrets.first == value && settings.description == name)
        }
    }

    static let wrong = [
        "http://user:hun/ter@h:1", "http://user:hun#ter@h:1", "http://user:hun@ter@h:1", "http://user:hun?ter@h:1",
        "http://user:hun:ter@h:1", "http://user:hun%ter@h:1", "http://user:hun%2@h:1", "http://user:hunter%@h:1",
        "http://user:hun%00ter@h:1", "http://user:hun%0Ater@h:1", "http://user:hun%+1ter@h:1",
        "http://user:hun ter@h:1",
        "http://user:hunter\n@h:1", "http://user:hünter@h:1", "http://user:hun\\ter@h:1",
        "http://user:hunter@h:0", "http://user:hunter@h:65536", "http://user:hunter@h:x", "http://user:hunter@h:",
        "http://user:hunter@h:+1", "http://user:hunter@", "http://user:hunter@h:1/path", "http://user:hunter@h:1//",
        "http://user:hunter@h:1?q", "http://user:hunter@[::1:1", "http://user:hunter@::1", "ftp://user:hunter@h:1",
        "socks://user:hunter@h:1", "://user:hunter@h:1", "http:/user:hunter@h:1", "http:// user:hunter@h:1", "http://",
        "/",
    ]

    @Test(arguments: wrong) func `that are wrong are named and not repeated`(value: String) {
        for name in ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"] {
            let error = #expect(throws: ConfigurationError.self) {
                try AWSConfiguration(
                    environment: Environment(["AWS_REGION": "us-east-1", name: value]), services: [.s3],
                    isReadable: { _ in true })
            }
            #expect(error?.variable == name)
            let text = error?.description ?? value
            #expect(text.contains("percent-encode") && text.contains("1 to 65535") && !text.contains("hun"))
        }
    }

    @Test func `HTTP_PROXY in capitals is nobody's, as libcurl does not read it`() throws {
        let settings = try ProxySettings(environment: Environment(["HTTP_PROXY": "http://user:hun/ter@h"]))
        #expect(settings.secrets.isEmpty && settings.variable(isSecure: false, host: "h") == nil)
    }

    @Test func `have secrets as they are written and as they are meant, and print none`() throws {
        let value = "http://us%40er:p%2Fass@h:1"
        let settings = try ProxySettings(environment: Environment(["HTTPS_PROXY": value]))
        #expect(settings.secrets == [value, "us%40er", "us@er", "p%2Fass", "p/ass"])
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), dumped] {
            #expect(settings.secrets.allSatisfy { firstRange(of: $0, in: text) == nil })
        }
    }

    @Test func `are told apart by the scheme of what is asked for`() throws {
        func variable(_ names: [String], isSecure: Bool) throws -> String? {
            let values = Dictionary(uniqueKeysWithValues: names.map { ($0, "h:1") })
            return try ProxySettings(environment: Environment(values)).variable(isSecure: isSecure, host: "s3.example")
        }
        #expect(try variable(["HTTPS_PROXY", "https_proxy", "ALL_PROXY"], isSecure: true) == "https_proxy")
        #expect(try variable(["HTTPS_PROXY", "ALL_PROXY"], isSecure: true) == "HTTPS_PROXY")
        #expect(try variable(["HTTPS_PROXY", "ALL_PROXY"], isSecure: false) == "ALL_PROXY")
        #expect(try variable(["HTTPS_PROXY"], isSecure: false) == nil)
        #expect(try variable(["http_proxy", "all_proxy"], isSecure: false) == "http_proxy")
    }

    @Test func `are what is to be checked where nobody is reached`() throws {
        let proxy = ["http_proxy": "http://user:hunter@proxy.example:3128"]
        let through = try Caller("http://127.0.0.1:1", environment: proxy).put("k").failure
        #expect(through?.advice == "Check http_proxy, or list 127.0.0.1:1 in NO_PROXY to reach it without a proxy")
        let other = try Caller("http://127.0.0.1:1", environment: proxy.merging(["NO_PROXY": "x"]) { $1 }).put("k")
            .failure
        #expect(other?.advice == through?.advice)
        let exception = proxy.merging(["NO_PROXY": "x, 127.0.0.1"]) { $1 }
        let around = try Caller("http://127.0.0.1:1", environment: exception).put("k").failure
        #expect(around?.advice == "Check AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL")
        let directly = try Caller("http://127.0.0.1:1").put("k").failure
        #expect(directly?.advice == "Check AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL")
    }

    @Test(arguments: [
        ("s3.example:9000", "example", true), ("s3.example", ".example", true), ("s3.example", "S3.Example", true),
        ("mys3.example", "s3.example", false), ("s3.example", "other,*", false), ("s3.example", "*", true),
        ("127.0.0.1:1", "10.0.0.1 127.0.0.1", true), ("[::1]:9000", "::1", true), ("s3.example", ".", false),
        ("s3.example", "", false),
    ])
    func `make the exceptions that libcurl makes`(host: String, exceptions: String, isExcepted: Bool) throws {
        let settings = try ProxySettings(environment: Environment(["HTTPS_PROXY": "h:1", "NO_PROXY": exceptions]))
        #expect((settings.variable(isSecure: true, host: host) == nil) == isExcepted)
    }
}
