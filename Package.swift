// swift-tools-version: 6.2
import PackageDescription

// CI turns warnings into errors; a user with a newer compiler than ours still gets a build.
let strict: [SwiftSetting] =
    Context.environment["WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// A target under `Sources`, which depends only on those listed after it, and on the C library.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], excluding pages: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies + ["Libc"], exclude: pages, swiftSettings: strict)
}

/// The tests of one module, or of the built binary.
func tests(_ name: String, _ dependencies: [Target.Dependency], excluding scripts: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["Libc"], exclude: scripts, swiftSettings: strict)
}

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "kafka-to-s3",
    products: [
        .executable(name: "bootstrap", targets: ["bootstrap"]),
        // The developer's tool: a broker, a producer and Lambda's Kafka mapping on one machine.
        .executable(name: "local", targets: ["local"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    ],
    targets: [
        // From the program down to the C libraries: each depends only on what comes after it.
        .executableTarget(
            name: "bootstrap",
            dependencies: ["Ingestion", "LambdaRuntime", "Environment", "Bytes", "CHeap", "Libc", log],
            swiftSettings: strict),

        module(
            "Ingestion",
            [
                "KafkaEvent", "RecordShape", "TableSchema", "AWSS3", "AWSGlue", "AWSCore", "EmbeddedMetrics",
                "LineOutput",
                "Compression",
                "JSON", "Base64",
                "Environment", "Bytes", "UTC", log,
            ], excluding: ["README.md", "Catalog/README.md"]),
        // A target for each service, a file for each operation: what it sends and how its response is read. The client
        // that signs, sends and repeats requests is in AWSCore.
        module("AWSS3", ["AWSCore", "AWSSigning", "HTTP", "XML", "Bytes"]),
        module("AWSGlue", ["AWSCore", "HTTP", "JSON", "Bytes"]),
        module("AWSCore", ["AWSSigning", "HTTP", "JSON", "XML", "Base64", "Environment", "Bytes", "UTC"]),
        module("AWSSigning", ["CCrypto", "CSHA256", "Bytes", "UTC"]),
        module("KafkaEvent", ["JSON", "Base64", "Bytes"]),
        module("LambdaRuntime", ["HTTP", "JSON", "LineOutput", "Environment", "Bytes", "UTC", log]),
        module("EmbeddedMetrics", ["JSON", "LineOutput", "Bytes", "UTC"]),

        module("HTTP", ["CCurl", "TrustedCertificates", "Bytes", "UTC"]),
        module("TrustedCertificates", ["CTLS", "Base64", "Bytes"]),
        module("Compression", ["CIsal", "CDeflate", "Bytes"]),
        module("RecordShape", ["JSON", "CVector", "Bytes"]),
        // What columns rows need, and their types: the lattice by which a table grows.
        module("TableSchema", ["JSON", "Bytes"]),
        module("JSON", ["CVector", "Bytes"]),
        module("Base64", ["CVector", "Bytes"]),
        module("XML", ["Bytes"]),
        module("UTC", ["Bytes"]),
        module("LineOutput"),
        module("Environment"),
        module("Bytes"),

        .target(name: "Libc", swiftSettings: strict),
        .target(name: "CVector"),
        .target(name: "CHeap"),
        .target(name: "CSHA256"),
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CTLS", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CIsal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CDeflate", providers: [.apt(["libdeflate-dev"])]),

        // Times the stages from event to object within one process: `./build.sh bench`.
        .executableTarget(
            name: "Stages",
            dependencies: [
                "Ingestion", "KafkaEvent", "RecordShape", "Compression", "AWSSigning", "HTTP", "JSON", "Base64",
                "Environment", "Bytes",
            ],
            path: "Benchmarks/Stages", swiftSettings: strict),
        // The developer's tool has modules of its own beside the function's. It alone needs librdkafka.
        .executableTarget(
            name: "local",
            dependencies: [
                "EventSourceMapping", "FunctionHost", "StoredRecords", "AWSS3", "AWSCore", "Kafka", "Environment",
                "UTC",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["README.md"], swiftSettings: strict),
        module(
            "EventSourceMapping",
            [
                "Kafka", "KafkaEvent", "FunctionHost", "AWSS3", "AWSCore", "Environment", "JSON", "Base64", "Bytes",
                "UTC",
            ]),
        module("AWSLambda", ["AWSCore", "AWSSigning", "HTTP", "JSON", "Bytes"]),
        module(
            "FunctionHost",
            ["CSandbox", "AWSLambda", "AWSS3", "AWSCore", "Environment", "Bytes", "UTC"]),
        // What is in the bucket, according to the objects' own names and metadata.
        module("StoredRecords", ["Ingestion", "AWSS3", "AWSCore", "Environment", "Bytes", "UTC"]),
        module("Kafka", ["CRdKafka", "UTC"]),
        .target(name: "CSandbox"),
        .systemLibrary(name: "CRdKafka", providers: [.apt(["librdkafka-dev"])]),

        // What tests share: a scripted HTTP server, real programs started and stopped by process id.
        .target(
            name: "TestParts", dependencies: ["CTestParts", "CVector", "Libc"], path: "Tests/TestParts",
            exclude: ["python"], swiftSettings: strict),
        .target(name: "CTestParts", path: "Tests/CTestParts"),
        // A function with nothing in it but the runtime, for tests that need a whole process of it.
        .executableTarget(
            name: "EchoFunction", dependencies: ["LambdaRuntime", "HTTP", "JSON", "Environment", "Bytes", "Libc", log],
            path: "Tests/EchoFunction", swiftSettings: strict),
        tests("BytesTests", ["Bytes", "CTestParts", "CVector", "UTC"]),
        tests("Base64Tests", ["Base64", "CVector", "Bytes", "TestParts"]),
        tests("JSONTests", ["JSON", "CVector", "Bytes", "TestParts"]),
        tests("RecordShapeTests", ["RecordShape", "JSON", "CVector", "Bytes", "TestParts"]),
        tests("TableSchemaTests", ["TableSchema", "TestParts"]),
        tests("CompressionTests", ["Compression", "Bytes", "TestParts"]),
        tests(
            "TrustedCertificatesTests", ["TrustedCertificates", "CTLS", "HTTP", "Bytes", "TestParts"],
            excluding: ["certificates.py"]),
        tests("HTTPTests", ["HTTP", "Bytes", "TestParts"]),
        tests("KafkaEventTests", ["KafkaEvent", "JSON", "Bytes", "TestParts"], excluding: ["random_events.py"]),
        tests("AWSSigningTests", ["AWSSigning", "Bytes", "TestParts", "UTC"], excluding: ["botocore_signatures.py"]),
        tests(
            "AWSServicesTests",
            [
                "AWSCore", "AWSS3", "AWSGlue", "AWSLambda", "AWSSigning", "HTTP", "XML", "Bytes", "Environment", "UTC",
                "TestParts",
            ],
            excluding: ["endpoint_rules.py"]),
        tests(
            "LambdaRuntimeTests",
            ["LambdaRuntime", "LineOutput", "Environment", "Bytes", "TestParts", "EchoFunction"]),
        tests("EmbeddedMetricsTests", ["EmbeddedMetrics", "LineOutput"]),
        tests(
            "IngestionTests",
            [
                "Ingestion", "TableSchema", "AWSS3", "AWSGlue", "AWSCore", "KafkaEvent", "Compression", "JSON",
                "Base64",
                "Environment", "Bytes", "UTC", "TestParts", log,
            ]),
        // The built binary from end to end.
        tests("BootstrapTests", ["bootstrap", "TestParts"], excluding: ["questions.py", "stored.py"]),
        // The built binary between a scripted Runtime API and a real S3, with everything going wrong that can.
        tests(
            "TortureTests", ["Ingestion", "Environment", "Bytes", "TestParts", log],
            excluding: ["README.md", "count_offsets.py", "local_s3.py", "tls_endpoint.py"]),
        // The built binary between S3 and a strict Glue, and a reader that takes its tables as Athena does.
        tests("TableTests", ["bootstrap", "TestParts"], excluding: ["lake.py", "parts.py", "shapes.py"]),
        tests(
            "FunctionHostTests", ["FunctionHost", "AWSS3", "AWSCore", "Environment", "TestParts"],
            excluding: ["function.py"]),
        tests("StoredRecordsTests", ["StoredRecords"]),
        tests("EventSourceMappingTests", ["EventSourceMapping", "FunctionHost", "Kafka", "TestParts", "UTC"]),
        tests(
            "PipelineTests", ["EventSourceMapping", "Kafka", "TestParts", "local", "bootstrap"],
            excluding: ["questions.py", "recorder.py"]),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer brings the main function, which SwiftPM cannot link: `./build.sh fuzz` compiles this and links it.
if Context.environment["FUZZ"] != nil {
    package.targets.append(
        .target(
            name: "EventToObjects", dependencies: ["Ingestion", "Environment", "Bytes", "Libc", log],
            path: "Tests/Fuzz",
            exclude: ["json.dict", "vector_paths.c"],
            sources: ["EventToObjects.swift", "MemoryStore.swift", "StrictReader.swift"]))
    package.targets.append(
        .target(
            name: "CertificateBundles", dependencies: ["TrustedCertificates", "CTLS", "Bytes", "Libc"],
            path: "Tests/Fuzz",
            exclude: ["json.dict", "vector_paths.c"], sources: ["CertificateBundles.swift"]))
}
