import CVector

/// Where a valid JSON text has its brackets and colons: what its names and its nesting can be told by without reading
/// it again. `JSONCheck` fills it as it goes.
@usableFromInline package final class JSONOutline {
    /// The C kernels' own form of it.
    @usableFromInline package let marks: UnsafeMutablePointer<cv_json_outline>
    @exclusivity(unchecked) @usableFromInline private(set) var capacity = 0

    package init() {
        marks = .allocate(capacity: 1)
        marks.initialize(to: cv_json_outline())
        makeRoom(for: 64)
    }

    deinit {
        release()
        marks.deallocate()
    }

    package var markCount: UInt32 { marks.pointee.mark_count }

    /// The outline with room for a text of `count` bytes.
    @inlinable func taking(_ count: Int) -> UnsafeMutablePointer<cv_json_outline> {
        let words = count / 64 + 1
        if words > capacity { makeRoom(for: max(words, capacity * 2)) }
        return marks
    }

    @usableFromInline func makeRoom(for words: Int) {
        release()
        capacity = words
        marks.pointee.words = .allocate(capacity: words)
    }

    private func release() {
        marks.pointee.words?.deallocate()
    }

    /// Calls `body` with the place of each mark, in the text's order.
    package func forEachMark(_ body: (Int) -> Void) {
        for index in 0..<marks.pointee.word_count {
            var word = marks.pointee.words[index]
            while word != 0 {
                body(index * 64 + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
    }
}
