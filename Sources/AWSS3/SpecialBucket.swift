/// What is named like a bucket and cannot be written to by `PutObject` as it is here, told by the endings that S3
/// reserves for them.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
package enum SpecialBucket: String, Sendable, CaseIterable {
    case directory = "--x-s3"
    case directoryAccessPoint = "--xa-s3"
    case table = "--table-s3"
    case multiRegion = ".mrap"
    case objectLambda = "--ol-s3"
    case outposts = "--op-s3"

    /// `nil` for the name of a general purpose bucket, and for the alias of an access point, which serves as one.
    package init?(_ name: String) {
        guard let found = Self.allCases.first(where: { name.hasSuffix($0.rawValue) }) else { return nil }
        self = found
    }

    /// "a directory bucket, which …"
    package var reason: String {
        switch self {
        case .directory:
            "a directory bucket, which lists objects in no order and requires sessions instead of signed requests"
        case .directoryAccessPoint: "an access point of a directory bucket, which is not supported either"
        case .table: "a table bucket, which does not accept objects"
        case .multiRegion: "a multi-region access point, which requires another kind of signature"
        case .objectLambda: "an Object Lambda access point, which does not accept objects"
        case .outposts: "an access point of S3 on Outposts, which has other endpoints and another signature"
        }
    }
}
