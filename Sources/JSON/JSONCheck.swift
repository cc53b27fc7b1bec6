import Bytes
import CVector

/// What a whole text is as JSON.
@usableFromInline package enum JSONVerdict: Equatable, Sendable {
    /// One object: a row that Athena can read.
    case object(JSONTraits)
    /// One valid value that is not an object: array, string, number, true, false, null.
    case otherValue(JSONTraits)
    /// Not JSON (RFC 8259), an empty text and a byte order mark included. `at` is the offset of the first byte that
    /// cannot be where it is, the text's length when it ends too early.
    case malformed(at: Int)
    /// The bracket at this offset opens a level beyond the deepest allowed.
    case tooDeep(at: Int)
    /// The bytes at this offset are not UTF-8: overlong forms, surrogates and code points above U+10FFFF included.
    case notUTF8(at: Int)
}

/// What is worth knowing of a valid JSON text.
@usableFromInline package struct JSONTraits: OptionSet, Sendable {
    @usableFromInline package let rawValue: UInt8
    @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// White space outside strings holds a line break: the value takes more than one line.
    @inlinable package static var lineBreaks: JSONTraits { JSONTraits(rawValue: 1) }
    /// A string holds half of a surrogate pair as an escape (`"\ud800"`): RFC 8259 allows it, some readers refuse it.
    @inlinable package static var loneSurrogate: JSONTraits { JSONTraits(rawValue: 2) }
    /// The text has the shape that its outline expects.
    @inlinable package static var expectedShape: JSONTraits { JSONTraits(rawValue: 4) }
}

/// The full check of a JSON text, without reading any value out of it.
@usableFromInline package enum JSONCheck {
    /// Deep enough for any row, and within what Athena's readers accept (Jackson stops at 1,000).
    @usableFromInline package static let maximumDepth = 512

    /// Whether `text` is exactly one JSON value (RFC 8259), in UTF-8.
    ///
    /// - Parameters:
    ///   - maximumDepth: how many brackets may be open at a time, 0 to 1,024.
    ///   - outline: becomes that of the text, if that is valid.
    @inlinable @inline(__always)
    package static func check(
        _ text: PaddedBytes, maximumDepth: Int = JSONCheck.maximumDepth, outline: JSONOutline? = nil
    ) -> JSONVerdict {
        let accepted = accept(text, maximumDepth, outline)
        // What nearly all records are is decided without the detour: it would cost a record more than base64 does.
        if accepted == expectedObject { return .object(.expectedShape) }
        return verdict(accepted, text, maximumDepth, outline)
    }

    /// The first half of the check, for who knows what the answer will be: 0 of an object without any trait; `verdict`
    /// says what else it means.
    @inlinable @inline(__always)
    package static func accept(_ text: PaddedBytes, _ maximumDepth: Int, _ outline: JSONOutline?) -> Int32 {
        let marks = outline?.taking(text.count)
        return cv_json_accepts(text.start, text.count, UInt32(clamping: maximumDepth), marks)
    }

    /// What `cv_json_accepts` says of an object that has its outline's expected shape, and no other trait.
    @inlinable static var expectedObject: Int32 { Int32(JSONTraits.expectedShape.rawValue) << 8 }

    /// What `check` says of a text of which `accept` has said `accepted`.
    @inline(never) @usableFromInline
    package static func verdict(
        _ accepted: Int32, _ text: PaddedBytes, _ maximumDepth: Int, _ outline: JSONOutline?
    ) -> JSONVerdict {
        let verdict = cv_json_verdict(
            accepted, text.start, text.count, UInt32(clamping: maximumDepth), outline?.marks)
        switch UInt32(verdict.kind) {
        case CV_JSON_OBJECT.rawValue: return .object(JSONTraits(rawValue: verdict.traits))
        case CV_JSON_OTHER.rawValue: return .otherValue(JSONTraits(rawValue: verdict.traits))
        case CV_JSON_TOO_DEEP.rawValue: return .tooDeep(at: verdict.offset)
        case CV_JSON_NOT_UTF8.rawValue: return .notUTF8(at: verdict.offset)
        default: return .malformed(at: verdict.offset)
        }
    }
}
