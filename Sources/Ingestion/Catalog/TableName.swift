/// The name of a topic's table: in lower case, with `_` for what is neither letter, digit nor `_`, as a crawler names
/// it. Two topics may come to one name, `a.b` and `a_b`: the table's location tells whose it is.
enum TableName {
    /// Glue's limit.
    private static let limit = 255

    static func name(of topic: String) -> String {
        let bytes = topic.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            default: UInt8(ascii: "_")
            }
        }
        return String(decoding: bytes.prefix(limit), as: UTF8.self)
    }
}
