import Bytes

/// What ingestion needs of S3, and no more. Answers may come at once or while `run` runs, in any order.
protocol ObjectStore: AnyObject {
    /// Writes an object where none is under `key`; never over one that is.
    func create(
        _ key: String, _ body: ByteBuffer, contentType: String, _ metadata: ObjectMetadata,
        completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void)

    /// Writes an empty object that is a sign for other sandboxes; one that is there already is as good.
    func createMarker(_ key: String, completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void)

    /// What the object under `key` says of itself.
    func metadata(of key: String, completion: @escaping (Result<StoredMetadata, StoreFailure>) -> Void)

    /// The bytes of the object under `key`, as they are stored.
    func contents(of key: String, completion: @escaping (Result<ByteBuffer, StoreFailure>) -> Void)

    /// Keys that begin with `prefix`, in the order of their bytes, after `start` where one is given; at most `limit`
    /// (1–1,000) of them.
    func keys(
        with prefix: String, after start: String?, limit: Int,
        completion: @escaping (Result<KeyPage, StoreFailure>) -> Void)

    /// Has `work` done within `run` while answers are waited for; not at all where none is.
    func whileWaiting(_ work: @escaping () -> Void)

    /// Returns when all that was asked for, also from within completions, has been answered.
    func run()
}

extension ObjectStore {
    /// For stores that answer at once.
    func whileWaiting(_ work: @escaping () -> Void) {}
}

/// One answer of a listing.
struct KeyPage: Sendable {
    var keys: [String]
    /// Whether more keys follow after the last one.
    var isTruncated: Bool
}

enum CreateOutcome: Equatable, Sendable {
    case created
    case alreadyExists
}

/// What is known of a stored object without reading it.
enum StoredMetadata: Equatable, Sendable {
    case absent
    /// The object is there, and its metadata does not say which records it holds. It may hold any.
    case unreadable
    case known(ObjectMetadata)
}

/// Why the store did not do what it was asked for: in one line, with the object's name and what to change.
struct StoreFailure: Error, Equatable, Sendable, CustomStringConvertible {
    var description: String
    /// What the failures of one kind have in common, whatever the object.
    var cause: String

    init(description: String, cause: String = "object") {
        self.description = description
        self.cause = cause
    }
}
