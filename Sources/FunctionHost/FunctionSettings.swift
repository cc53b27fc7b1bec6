/// How a function is run on this machine. Names and defaults are Lambda's.
package struct FunctionSettings: Sendable {
    /// Path of the `bootstrap`.
    package var executable: String
    package var name: String
    /// Seconds.
    package var timeout: Int
    /// Megabytes. Reported to the function and in its REPORT line; not enforced.
    package var memorySize: Int
    /// Whether the sandbox is stopped (SIGSTOP) between invocations, as Lambda's do.
    package var freezes: Bool
    /// The function's variables in addition to those that Lambda sets.
    package var environment: [String: String]
    /// Receives each line the function writes, and START, END and REPORT. Called on the thread that invokes.
    package var log: @Sendable (String) -> Void

    package init(
        executable: String, name: String = "function", timeout: Int = 3, memorySize: Int = 128, freezes: Bool = false,
        environment: [String: String] = [:], log: @escaping @Sendable (String) -> Void
    ) {
        self.executable = executable
        self.name = name
        self.timeout = timeout
        self.memorySize = memorySize
        self.freezes = freezes
        self.environment = environment
        self.log = log
    }

    package var arn: String {
        "arn:aws:lambda:\(environment["AWS_REGION"] ?? "us-east-1"):123456789012:function:\(name)"
    }

    /// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    func variables(runtimeAPI: String, taskRoot: String) -> [String: String] {
        let region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
        let own = [
            "AWS_LAMBDA_RUNTIME_API": runtimeAPI, "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "\(memorySize)",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/\(name)",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local", "LAMBDA_TASK_ROOT": taskRoot, "_HANDLER": "bootstrap",
        ]
        let usual = ["AWS_REGION": region, "AWS_DEFAULT_REGION": region, "TZ": ":UTC", "LANG": "en_US.UTF-8"]
        return usual.merging(environment) { $1 }.merging(own) { $1 }
    }
}
