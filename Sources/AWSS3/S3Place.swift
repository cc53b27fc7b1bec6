/// `s3://BUCKET` or `s3://BUCKET/PREFIX`, as a person writes it.
public struct S3Place: Sendable, Equatable {
    public var bucket: String
    /// What the keys begin with; `nil` where only the bucket is named.
    public var prefix: String?

    /// - Returns: `nil` for text of another form.
    public init?(_ text: String) {
        guard text.hasPrefix("s3://") else { return nil }
        let parts = text.dropFirst(5).split(separator: "/", maxSplits: 1)
        guard let bucket = parts.first else { return nil }
        self.bucket = String(bucket)
        prefix = parts.count > 1 ? String(parts[1]) : nil
    }
}
