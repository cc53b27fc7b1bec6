import Bytes
import CVector

/// Steps over JSON text by whole registers.
@usableFromInline package enum JSONScan {
    /// The first byte from `at` on that a reader of a string must look at: a quote, a backslash or a control character
    /// (below 0x20). The end of `text`, which `at` points into, when there is none before it.
    @inlinable @inline(__always)
    package static func stringStop(from at: UnsafePointer<UInt8>, in text: PaddedBytes) -> UnsafePointer<UInt8> {
        assert(at >= text.start && at <= text.end)
        return cv_string_stop(at, text.end)
    }
}
