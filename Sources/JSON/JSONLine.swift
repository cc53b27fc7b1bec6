import Bytes
import CVector

/// JSON Lines: one value, one line.
package enum JSONLine {
    /// Removes from the bytes of `buffer` from `start` on each run of white space outside strings that holds a line
    /// break; other white space stays as the producer wrote it.
    ///
    /// The bytes are one valid JSON value (`JSONCheck` says so, and `JSONTraits.lineBreaks` says whether this is
    /// needed).
    package static func removeLineBreaks(in buffer: ByteBuffer, from start: Int) {
        precondition(start >= 0 && start <= buffer.count)
        let length = cv_json_remove_line_breaks(buffer.base + start, buffer.count - start)
        buffer.truncate(to: start + length)
    }
}
