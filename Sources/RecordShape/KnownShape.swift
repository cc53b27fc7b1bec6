import CVector
import JSON

/// The shape of a record that was judged, and the judgement.
struct KnownShape {
    let fault: ShapeFault?
    /// Which shape the record behind one of this shape had the last time.
    var successor = 0
    private let markCount: UInt32
    private let pieces: UnsafeMutablePointer<cv_json_piece>
    /// How many further pieces each mark has, where any has one.
    private let further: UnsafeMutablePointer<UInt32>?

    /// Beyond this, a record is judged anew each time: 16 KB a shape is enough to remember.
    private static let mostPieces = 512

    /// - Parameter text: an object that `JSONCheck` has found valid, with `outline`.
    /// - Returns: `nil` where it is too large to be remembered.
    init?(of text: UnsafeRawBufferPointer, _ outline: JSONOutline, _ fault: ShapeFault?) {
        self.fault = fault
        markCount = outline.markCount
        guard markCount <= Self.mostPieces else { return nil }
        var lengths: [(mark: Int, length: Int)] = []
        outline.forEachMark { mark in lengths.append((mark, Self.length(before: mark, text))) }
        let counts = lengths.map { UInt32(($0.length + 15) / 16) }
        let count = Int(counts.reduce(0, +))
        guard count <= Self.mostPieces else { return nil }
        pieces = .allocate(capacity: count)
        var piece = pieces
        for (mark, length) in lengths {
            for at in stride(from: 0, to: length, by: 16) {
                piece.initialize(to: Self.piece(text, mark - at, length - at))
                piece += 1
            }
        }
        guard count > counts.count else {
            further = nil
            return
        }
        let further = UnsafeMutablePointer<UInt32>.allocate(capacity: counts.count)
        for (index, count) in counts.enumerated() { (further + index).initialize(to: count - 1) }
        self.further = further
    }

    /// How many bytes up to a mark belong to the shape: of a bracket itself alone; of a colon also the name in front of
    /// it, with the byte before its quote.
    private static func length(before mark: Int, _ text: UnsafeRawBufferPointer) -> Int {
        text[mark] == UInt8(ascii: ":") ? mark - NamePlace(in: text, colon: mark).start + 2 : 1
    }

    private static func piece(_ text: UnsafeRawBufferPointer, _ end: Int, _ length: Int) -> cv_json_piece {
        var piece = cv_json_piece()
        withUnsafeMutableBytes(of: &piece) { memory in
            for back in 0..<min(16, length) {
                memory[15 - back] = text[end - back]
                memory[31 - back] = 0xFF
            }
        }
        return piece
    }

    func forget() {
        pieces.deallocate()
        further?.deallocate()
    }

    /// Whether the text that `marks` is the outline of has this very shape.
    ///
    /// The byte before a name's quote is a bracket, a comma or white space; so where it is the same, the quote does open
    /// the name, and is not an escaped one within another name. Nor can what stands in front of the text be taken for a
    /// part of it: within the text there is the quote that opens the name, and the shape's name holds no such quote.
    @inline(__always)
    func isShape(of text: UnsafeRawPointer, _ marks: UnsafePointer<cv_json_outline>) -> Bool {
        guard markCount == marks.pointee.mark_count else { return false }
        let text = text.assumingMemoryBound(to: UInt8.self)
        guard let further else { return cv_json_has_pieces(text, marks, pieces) }
        return cv_json_has_long_pieces(text, marks, pieces, further)
    }
}
