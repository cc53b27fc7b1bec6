import CVector
import JSON

/// The shape of a record that was judged, and the judgement.
struct KnownShape {
    let fault: ShapeFault?
    /// Which shape came after this one the last time.
    var successor = 0
    /// The kinds of scalars that its records have shown, for the C kernels; `nil` where nobody asks for them.
    let scalars: UnsafeMutablePointer<cv_json_scalar_place>?
    /// Whether a record of this shape has been looked at for its scalars.
    var isLearned = false
    /// For the C kernels, which compare with it. It does not move.
    let shape: UnsafeMutablePointer<cv_json_shape>
    private let pieces: UnsafeMutablePointer<cv_json_piece>
    private let further: UnsafeMutablePointer<UInt32>?

    /// Beyond this, a record is judged again each time: 16 KB per shape is enough to remember.
    private static let mostPieces = 512

    /// - Parameter text: an object that `JSONCheck` has found valid, with `outline`.
    /// - Returns: `nil` where it is too large to be remembered.
    init?(of text: UnsafeRawBufferPointer, _ outline: JSONOutline, _ fault: ShapeFault?, withScalars: Bool) {
        guard outline.markCount <= Self.mostPieces else { return nil }
        var lengths: [(mark: Int, length: Int)] = []
        outline.forEachMark { mark in lengths.append((mark, Self.length(before: mark, text))) }
        let counts = lengths.map { UInt32(($0.length + 15) / 16) }
        let count = Int(counts.reduce(0, +))
        guard count <= Self.mostPieces else { return nil }
        self.fault = fault
        pieces = Self.pieces(lengths, count, text)
        further = count > counts.count ? Self.copy(counts.map { $0 - 1 }) : nil
        scalars = withScalars && fault == nil ? Self.scalars(text, outline) : nil
        shape = .allocate(capacity: 1)
        shape.initialize(to: cv_json_shape(pieces: pieces, further: further, mark_count: outline.markCount))
    }

    func forget() {
        shape.deallocate()
        pieces.deallocate()
        further?.deallocate()
        scalars?.deallocate()
    }

    /// How many bytes up to a mark belong to the shape: of a bracket itself alone; of a colon also the name before
    /// it, with the byte before its quote.
    ///
    /// That byte is a bracket, a comma or white space; so where it is the same, the quote does open the name, and is
    /// not an escaped one within another name. Nor can what precedes the text be taken for a part of it: within the
    /// text there is the quote that opens the name, and the shape's name holds no such quote.
    private static func length(before mark: Int, _ text: UnsafeRawBufferPointer) -> Int {
        text[mark] == UInt8(ascii: ":") ? mark - NamePlace(in: text, colon: mark).start + 2 : 1
    }

    private static func pieces(
        _ lengths: [(mark: Int, length: Int)], _ count: Int, _ text: UnsafeRawBufferPointer
    ) -> UnsafeMutablePointer<cv_json_piece> {
        let pieces = UnsafeMutablePointer<cv_json_piece>.allocate(capacity: count)
        var piece = pieces
        for (mark, length) in lengths {
            for at in stride(from: 0, to: length, by: 16) {
                piece.initialize(to: Self.piece(text, mark - at, length - at))
                piece += 1
            }
        }
        return pieces
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

    private static func scalars(
        _ text: UnsafeRawBufferPointer, _ outline: JSONOutline
    ) -> UnsafeMutablePointer<cv_json_scalar_place> {
        let places = UnsafeMutablePointer<cv_json_scalar_place>.allocate(capacity: Int(outline.markCount))
        cv_json_scalars_begin(text.assumingMemoryBound(to: UInt8.self).baseAddress, outline.marks, places)
        return places
    }

    private static func copy(_ numbers: [UInt32]) -> UnsafeMutablePointer<UInt32> {
        let copy = UnsafeMutablePointer<UInt32>.allocate(capacity: numbers.count)
        copy.initialize(from: numbers, count: numbers.count)
        return copy
    }
}
