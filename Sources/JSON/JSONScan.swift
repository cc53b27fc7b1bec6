import CVector

/// Steps over JSON text by whole registers.
public enum JSONScan {
    /// The first byte from `at` on that a reader of a string must look at: a quote, a backslash or a control character
    /// (below 0x20). `end` when there is none before it.
    ///
    /// Both point into one `ByteBuffer`: up to `ByteBuffer.slack` bytes after `end` are read.
    @inlinable @inline(__always)
    public static func stringStop(
        from at: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8> {
        cv_string_stop(at, end)
    }
}
