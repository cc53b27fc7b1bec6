import AWSS3
import Environment

/// What the bucket asks of the function's requests, from `SERVER_SIDE_ENCRYPTION` and its kin.
extension S3Options {
    /// - Throws: `ConfigurationError` where S3 would refuse what is asked for, or where it could not be read again.
    init(_ environment: Environment) throws(ConfigurationError) {
        self.init(
            encryption: try environment.choice("SERVER_SIDE_ENCRYPTION"),
            kmsKeyID: try Self.key(environment), usesBucketKey: try environment.flag("BUCKET_KEY_ENABLED"),
            expectedBucketOwner: try Self.owner(environment), storageClass: try Self.storageClass(environment),
            tags: try Self.tags(environment))
        guard kmsKeyID == nil || encryption == .kms || encryption == .kmsTwice else {
            throw ConfigurationError(
                "KMS_KEY_ID", "is set: set SERVER_SIDE_ENCRYPTION to aws:kms or aws:kms:dsse as well")
        }
        guard usesBucketKey == nil || encryption == .kms else {
            throw ConfigurationError(
                "BUCKET_KEY_ENABLED", "is set, but applies only with SERVER_SIDE_ENCRYPTION=aws:kms; unset one of them")
        }
    }

    private static func storageClass(_ environment: Environment) throws(ConfigurationError) -> StorageClass? {
        if let text = environment["STORAGE_CLASS"], ["GLACIER", "DEEP_ARCHIVE"].contains(text) {
            throw ConfigurationError(
                "STORAGE_CLASS",
                "is '\(text)', whose objects queries cannot read: let a lifecycle rule of the bucket move them later")
        }
        return try environment.choice("STORAGE_CLASS")
    }

    /// An id, `alias/NAME`, or the ARN of either.
    private static func key(_ environment: Environment) throws(ConfigurationError) -> String? {
        guard let text = environment["KMS_KEY_ID"] else { return nil }
        let isPlain = text.utf8.allSatisfy { isLetterOrDigit($0) || "-_/:".utf8.contains($0) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isARN = parts.count == 6 && parts[0] == "arn" && parts[2] == "kms"
        let name = isARN ? parts[5] : text[...]
        let isName = name.hasPrefix("alias/") || (isARN ? name.hasPrefix("key/") : !name.contains("/"))
        guard isPlain, text.utf8.count <= 2048, isARN || parts.count == 1, isName else {
            throw ConfigurationError("KMS_KEY_ID", "is '\(text)'; expected a key ID, a key ARN or alias/NAME")
        }
        return text
    }

    private static func owner(_ environment: Environment) throws(ConfigurationError) -> String? {
        guard let text = environment["EXPECTED_BUCKET_OWNER"] else { return nil }
        guard text.utf8.count == 12, text.utf8.allSatisfy({ $0 &- 48 < 10 }) else {
            throw ConfigurationError("EXPECTED_BUCKET_OWNER", "is '\(text)'; expected an account ID of 12 digits")
        }
        return text
    }

    /// `team=data,cost centre=42`: no tag may hold a comma.
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
    private static func tags(_ environment: Environment) throws(ConfigurationError) -> [Tag] {
        guard let text = environment["OBJECT_TAGS"] else { return [] }
        var tags: [Tag] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let mark = part.firstIndex(of: "=") else { throw badTags(text) }
            let tag = Tag(String(part[..<mark]), String(part[part.index(after: mark)...]))
            guard (1...128).contains(tag.name.unicodeScalars.count), tag.value.unicodeScalars.count <= 256,
                !tag.name.lowercased().hasPrefix("aws:"), (tag.name + tag.value).unicodeScalars.allSatisfy(mayBeInTag),
                !tags.contains(where: { $0.name == tag.name })
            else { throw badTags(text) }
            tags.append(tag)
        }
        guard tags.count <= 10 else { throw badTags(text) }
        return tags
    }

    private static func badTags(_ text: String) -> ConfigurationError {
        ConfigurationError(
            "OBJECT_TAGS",
            "is '\(text)'; expected up to 10 different NAME=VALUE, separated by commas, of letters, digits, spaces "
                + "and + - = . _ : / @, names of up to 128 and values of up to 256, no name beginning with aws:")
    }

    private static func mayBeInTag(_ scalar: Unicode.Scalar) -> Bool {
        // Which of the others are letters, S3 says.
        guard scalar.isASCII else { return scalar.value >= 0xC0 }
        return isLetterOrDigit(UInt8(scalar.value)) || " +-=._:/@".unicodeScalars.contains(scalar)
    }
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 }
