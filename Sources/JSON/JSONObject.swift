import Bytes

/// A few members of a small object, the errors and credentials of web services for example.
package enum JSONObject {
    /// The string under `name` in the object that `text` holds; `nil` where there is none. What precedes a fault of the
    /// grammar is read all the same: half an error message is better than none.
    package static func string(_ name: StaticString, in text: PaddedBytes) -> String? {
        var cursor = JSONCursor(text)
        var isFirst = true
        do throws(JSONError) {
            try cursor.enterObject()
            while let found = try cursor.nextName(&isFirst) {
                if found.isWritten(name), cursor.peek() == UInt8(ascii: "\"") { return try cursor.readString().text }
                try cursor.skipValue()
            }
        } catch {
            return nil
        }
        return nil
    }
}
