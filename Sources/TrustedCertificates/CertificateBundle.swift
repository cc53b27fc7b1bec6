import Bytes
import Libc

/// The certificates of a PEM file whose issuers OpenSSL looks up one by one, instead of decoding all of them when the
/// first connection is made: 140 certificates take it 10 ms of CPU, and one is needed.
///
/// OpenSSL must decide as it does with the whole file. So only a file that it is known to accept is taken: every
/// certificate in it has been read by rules that are narrower than OpenSSL's (`PlainCertificate`), and a certificate is
/// found by a key that all subjects share which OpenSSL holds to be equal. Whatever is out of the ordinary is left to
/// OpenSSL: a file that is not plain, and a subject that several certificates may have.
///
/// Not `Sendable`: it lives on the thread of its HTTP client.
package final class CertificateBundle {
    /// One certificate of the file.
    struct Entry {
        /// Where its DER lies in `der`.
        let range: Range<Int>
        /// Equal for all subjects that OpenSSL holds to be equal.
        let subject: UInt64
        /// OpenSSL's `X509`, once it has been asked for.
        var decoded: OpaquePointer?
    }

    let der: ByteBuffer
    var entries: [Entry]

    /// Reads the file at `path`.
    ///
    /// - Returns: `nil` where it cannot be read, holds no certificate, or anything that is out of the ordinary. OpenSSL
    ///   then reads it itself, and says what is wrong with it if something is.
    package convenience init?(file path: String) {
        guard let text = contents(of: path) else { return nil }
        self.init(text.padded)
    }

    /// The same for the text of such a file.
    package init?(_ text: PaddedBytes) {
        der = ByteBuffer(capacity: text.count / 4 * 3 + 2 * PaddedBytes.slack)
        entries = []
        var scan = PEMScan(text)
        while let range = scan.nextCertificate(appendingTo: der) {
            guard let subject = PlainCertificate.subject(of: UnsafeRawBufferPointer(rebasing: der.bytes[range]))
            else { return nil }
            entries.append(Entry(range: range, subject: subject))
        }
        guard scan.isAtEnd, !entries.isEmpty else { return nil }
    }

    deinit { freeDecoded() }

    /// How many certificates it holds.
    package var count: Int { entries.count }
}

/// `nil` where the file cannot be read to its end.
private func contents(of path: String) -> ByteBuffer? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, (1...largest).contains(Int(status.st_size)) else { return nil }
    // One byte more, so that the last read says that it was the last.
    let buffer = ByteBuffer(capacity: Int(status.st_size) + 1)
    while buffer.count <= largest {
        var got = 0
        buffer.appendUninitialized(atMost: 64 * 1024) { room in
            got = read(descriptor, room, 64 * 1024)
            return max(got, 0)
        }
        if got == 0 { return buffer }
        if got < 0 && errno != EINTR { return nil }
    }
    return nil
}

/// More than any bundle there is; a device without an end has a size of 0.
private let largest = 16 << 20
