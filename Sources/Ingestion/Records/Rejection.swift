import RecordShape

/// Why a record cannot be a row. Stands in its line under `reason`.
enum Rejection: String {
    case tombstone
    case valueNotBase64 = "value-not-base64"
    case keyNotBase64 = "key-not-base64"
    case notUTF8 = "not-utf-8"
    case malformedJSON = "malformed-json"
    case notAnObject = "not-an-object"
    case tooDeep = "nested-too-deep"
    case loneSurrogate = "lone-surrogate"
    case duplicateName = "duplicate-name"
    case partitionColumnName = "partition-column-name"
    case metadataNameTaken = "metadata-name-taken"

    init(_ fault: ShapeFault) {
        switch fault {
        case .duplicateName: self = .duplicateName
        case .reservedName(group: 0): self = .partitionColumnName
        case .reservedName: self = .metadataNameTaken
        }
    }
}
