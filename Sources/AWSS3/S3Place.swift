/// `s3://BUCKET` or `s3://BUCKET/PREFIX`, as a person writes it.
package struct S3Place: Sendable, Equatable {
    package var bucket: String
    /// What the keys begin with; `nil` where only the bucket is named.
    package var prefix: String?

    /// - Returns: `nil` for text of another form.
    package init?(_ text: String) {
        guard text.hasPrefix("s3://") else { return nil }
        let parts = text.dropFirst(5).split(separator: "/", maxSplits: 1)
        guard let bucket = parts.first else { return nil }
        self.bucket = String(bucket)
        prefix = parts.count > 1 ? String(parts[1]) : nil
    }
}
