import CVector
import JSON

/// What keeps the names of a record from being columns for every reader.
public enum ShapeFault: Equatable, Sendable {
    /// An object, at whatever depth, names a member twice.
    case duplicateName
    /// A member of the outermost object has a reserved name of this group.
    case reservedName(group: Int)
}

/// Says what is wrong with a record's names, by its shape: its names and brackets, byte for byte and in order.
///
/// Nearly all records have the shape of one before. Such a record's names are not looked at one by one: they are
/// compared, 16 bytes at a time, with those of the record that was judged. What is not the very same is judged itself.
public final class ShapeMemory {
    /// For `JSONCheck`, which fills it for the text that is then asked about.
    public let outline = JSONOutline()

    private let judge: NameJudge
    private let marks: UnsafeMutablePointer<cv_json_outline>
    private let shapes: UnsafeMutablePointer<KnownShape>
    @exclusivity(unchecked) private var count = 0
    /// Of the last record; it says which shape to compare first with.
    @exclusivity(unchecked) private var last = 0
    private var oldest = 0

    private static let mostShapes = 32

    /// - Parameter reserved: names that no member of the outermost object may have, by groups.
    public init(reserved: [[String]]) {
        judge = NameJudge(reserved: reserved)
        marks = outline.marks
        shapes = .allocate(capacity: Self.mostShapes)
    }

    deinit {
        for index in 0..<count { shapes[index].forget() }
        shapes.deallocate()
    }

    /// What is wrong with the names of `text`, an object that `JSONCheck` has found valid, with `outline`.
    ///
    /// The text lies in a `ByteBuffer`: up to `ByteBuffer.lead` bytes in front of it are read.
    @inline(__always)
    public func fault(in text: UnsafeRawBufferPointer) -> ShapeFault? {
        guard let start = text.baseAddress else { return nil }
        if count > 0 {
            let expected = shapes[last].successor
            if shapes[expected].isShape(of: start, marks) {
                last = expected
                return shapes[expected].fault
            }
        }
        return unexpected(text, start)
    }

    @inline(never)
    private func unexpected(_ text: UnsafeRawBufferPointer, _ start: UnsafeRawPointer) -> ShapeFault? {
        for index in 0..<count where shapes[index].isShape(of: start, marks) {
            note(index)
            return shapes[index].fault
        }
        let fault = judge.fault(in: text, outline)
        guard let shape = KnownShape(of: text, outline, fault) else { return fault }
        let index = place()
        (shapes + index).initialize(to: shape)
        // A topic of one shape repeats it; another order is learned as it is seen.
        shapes[index].successor = index
        note(index)
        return fault
    }

    private func note(_ index: Int) {
        shapes[last].successor = index
        last = index
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
