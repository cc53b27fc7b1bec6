/// A range of the bucket's keys, in the order of their bytes, to be listed.
struct KeyRange {
    /// What all keys of interest begin with.
    let prefix: String
    /// The stretch begins after this text, which need not be a key.
    let after: String
    /// The stretch ends with this text, which need not be a key.
    let through: String
    /// Whether the first key under `prefix` is all that matters.
    var needsFirstOnly = false
}

/// What the listing shows of a `KeyRange`.
struct KeysFound {
    var keys: [String] = []
    /// The first key under the prefix beyond the range, where there is any.
    var next: String?
}

/// The order of S3's listings: by the bytes of UTF-8.
func isBefore(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
