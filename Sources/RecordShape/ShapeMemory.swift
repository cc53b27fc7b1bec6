import Bytes
import CVector
import JSON

/// What keeps the names of a record from being columns for every reader.
@usableFromInline package enum ShapeFault: Equatable, Sendable {
    /// An object, at whatever depth, names a member twice.
    case duplicateName
    /// A member of the outermost object has a reserved name of this group.
    case reservedName(group: Int)
}

/// Checks records, and says what is wrong with a record's names, by its shape: its names and brackets, byte for byte
/// and in order.
///
/// Nearly all records have the shape of one before. Such a record's names are not looked at one by one: while it is
/// checked, they are compared, 16 bytes at a time, with those of the record that was judged. What is not the very same
/// is judged itself.
@usableFromInline package final class ShapeMemory {
    private let judge: NameJudge
    @usableFromInline let outline = JSONOutline()
    private let shapes: UnsafeMutablePointer<KnownShape>
    private var count = 0
    private var oldest = 0
    /// Of the last record.
    private var last = 0
    /// The shape that the next record probably has: the one that came after the last record's shape the time before.
    private var expected = 0
    /// Whether that is the last record's own shape, and clean: then there is nothing to do where it is met again.
    @exclusivity(unchecked) @usableFromInline private(set) var repeats = false

    /// Whether it tells which records have new kinds of values.
    private let noticesScalars: Bool
    /// What the expected shape's records have shown; `nil` where no record of it has been looked at.
    @exclusivity(unchecked) @usableFromInline private(set) var scalars: UnsafeMutablePointer<cv_json_scalar_place>?
    @exclusivity(unchecked) @usableFromInline private(set) var expectedShape: UnsafeMutablePointer<cv_json_shape>?
    /// Whether the last record's shape is in memory.
    private var isRemembered = false

    private static let mostShapes = 32

    /// - Parameters:
    ///   - reserved: names that no member of the outermost object may have, by groups.
    ///   - noticesScalars: whether `checkForNews` is asked, rather than `check`.
    package init(reserved: [[String]], noticesScalars: Bool = false) {
        self.noticesScalars = noticesScalars
        judge = NameJudge(reserved: reserved)
        shapes = .allocate(capacity: Self.mostShapes)
    }

    deinit {
        for index in 0..<count { shapes[index].forget() }
        shapes.deallocate()
    }

    /// Whether `text` is one JSON value, as `JSONCheck` says it; and of an object, what is wrong with its names.
    ///
    /// - Parameters:
    ///   - maximumDepth: how many brackets may be open at a time, 0 to 1,024.
    @inlinable @inline(__always)
    package func check(
        _ text: PaddedBytes, maximumDepth: Int = JSONCheck.maximumDepth
    ) -> (verdict: JSONVerdict, fault: ShapeFault?) {
        let verdict = JSONCheck.check(text, maximumDepth: maximumDepth, outline: outline)
        guard case .object(let traits) = verdict else { return (verdict, nil) }
        if traits.contains(.expectedShape) { return (verdict, repeats ? nil : meetExpected()) }
        return (verdict, unexpected(text))
    }

    /// As `check`; and whether an object that can be a row, without fault, is the first of its shape, or has a value
    /// whose kind (`JSONScalar`) the earlier ones of its shape did not have at that place, nor a kind that holds it.
    @inlinable @inline(__always)
    package func checkForNews(
        _ text: PaddedBytes, maximumDepth: Int = JSONCheck.maximumDepth
    ) -> (verdict: JSONVerdict, fault: ShapeFault?, hasNews: Bool) {
        let accepted = JSONCheck.accept(text, maximumDepth, outline)
        if accepted == 0, let scalars, cv_json_follows(text.start, outline.marks, expectedShape, scalars) {
            if !repeats { _ = meetExpected() }
            return (.object([]), nil, false)
        }
        return lookForNews(accepted, text, maximumDepth)
    }

    @inline(never) @usableFromInline
    func lookForNews(
        _ accepted: Int32, _ text: PaddedBytes, _ maximumDepth: Int
    ) -> (verdict: JSONVerdict, fault: ShapeFault?, hasNews: Bool) {
        let verdict = JSONCheck.verdict(accepted, text, maximumDepth, outline)
        guard case .object(let traits) = verdict else { return (verdict, nil, false) }
        let fault = unexpected(text)
        return (verdict, fault, fault == nil && !traits.contains(.loneSurrogate) && takeScalars(text))
    }

    private func takeScalars(_ text: PaddedBytes) -> Bool {
        // What is too large to be remembered is news each time.
        guard isRemembered, let places = shapes[last].scalars else { return true }
        let isChanged = cv_json_take_scalars(text.start, outline.marks, places)
        guard !shapes[last].isLearned else { return isChanged }
        shapes[last].isLearned = true
        expectNext()
        return true
    }

    @inline(never) @usableFromInline
    func meetExpected() -> ShapeFault? {
        last = expected
        expectNext()
        return shapes[last].fault
    }

    @inline(never) @usableFromInline
    func unexpected(_ text: PaddedBytes) -> ShapeFault? {
        if let index = known(text) {
            note(index)
            return shapes[index].fault
        }
        let fault = judge.fault(in: text, outline)
        guard let shape = KnownShape(of: text.bytes, outline, fault, withScalars: noticesScalars) else {
            forgetLast()
            return fault
        }
        let index = place()
        (shapes + index).initialize(to: shape)
        // A topic of one shape repeats it; another order is learned as it is seen.
        shapes[index].successor = index
        note(index)
        return fault
    }

    private func known(_ text: PaddedBytes) -> Int? {
        // Otherwise the check has compared it with the expected one.
        if noticesScalars, count > 0, hasShape(text, expected) { return expected }
        return (0..<count).first { hasShape(text, $0) }
    }

    private func hasShape(_ text: PaddedBytes, _ index: Int) -> Bool {
        cv_json_has_shape(text.start, outline.marks, shapes[index].shape)
    }

    private func note(_ index: Int) {
        shapes[last].successor = index
        last = index
        expectNext()
    }

    /// The last record has no place here: even one of the expected shape is met anew.
    private func forgetLast() {
        isRemembered = false
        repeats = false
    }

    private func expectNext() {
        isRemembered = true
        expected = shapes[last].successor
        repeats = expected == last && shapes[expected].fault == nil
        guard noticesScalars else {
            outline.marks.pointee.expected = UnsafePointer(shapes[expected].shape)
            return
        }
        expectedShape = shapes[expected].shape
        scalars = shapes[expected].isLearned ? shapes[expected].scalars : nil
    }

    /// Where a new shape goes: a free place, or else that of the oldest one.
    private func place() -> Int {
        guard count == Self.mostShapes else {
            count += 1
            return count - 1
        }
        defer { oldest = (oldest + 1) % count }
        shapes[oldest].forget()
        return oldest
    }
}
