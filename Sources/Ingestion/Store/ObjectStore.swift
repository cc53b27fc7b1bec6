import AWSS3
import Bytes

/// What ingestion needs of S3, and no more. Responses may come at once or while `run` runs, in any order.
protocol ObjectStore: AnyObject {
    /// Writes an object if there is none under `key`; never overwrites one.
    func create(
        _ key: String, _ body: ByteBuffer, contentType: String, _ metadata: ObjectMetadata,
        completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void)

    /// Writes an empty object as a sign for other sandboxes; one that exists already is as good.
    func createMarker(_ key: String, completion: @escaping (Result<CreateOutcome, StoreFailure>) -> Void)

    /// The metadata of the object under `key`.
    func metadata(of key: String, completion: @escaping (Result<StoredMetadata, StoreFailure>) -> Void)

    /// The bytes of the object under `key`, as they are stored.
    func contents(of key: String, completion: @escaping (Result<ByteBuffer, StoreFailure>) -> Void)

    /// Keys that begin with `prefix`, in the order of their bytes, after `start` where one is given; at most `limit`
    /// (1–1,000) of them.
    func keys(
        with prefix: String, after start: String?, limit: Int,
        completion: @escaping (Result<KeyPage, StoreFailure>) -> Void)

    /// Runs `work` within `run` while waiting for responses; not at all if there are none to wait for.
    func whileWaiting(_ work: @escaping () -> Void)

    /// Returns when all requests, including those made within completions, have been answered.
    func run()
}

extension ObjectStore {
    /// For stores that respond at once.
    func whileWaiting(_ work: @escaping () -> Void) {}
}

/// One answer of a listing.
typealias KeyPage = ListObjects.Page

enum CreateOutcome: Equatable, Sendable {
    case created
    case alreadyExists
}

/// What is known of a stored object without reading it.
enum StoredMetadata: Equatable, Sendable {
    case absent
    /// The object exists, but its metadata does not say which records it holds. It may hold any.
    case unreadable
    case known(ObjectMetadata)
}

/// Why a request to the store failed: in one line, with the object's name and what to change.
struct StoreFailure: Error, Equatable, Sendable, CustomStringConvertible {
    var description: String
    /// What the failures of one kind have in common, whatever the object.
    var cause: String

    init(description: String, cause: String = "object") {
        self.description = description
        self.cause = cause
    }
}
