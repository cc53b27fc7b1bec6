import Bytes
import JSON
import Libc

/// Reads all names of a record and says what is wrong with them.
final class NameJudge {
    private let reserved: [(name: [UInt8], group: Int)]
    /// The folded names met so far, one after the other.
    private let folded = ByteBuffer(capacity: 1024)
    /// Those names by their hashes, in a table of which at most half is taken.
    private var slots: [Slot]
    private var taken = 0
    /// Objects and arrays that are open; each object has a number of its own, arrays have 0.
    private var open: [Int] = []

    private struct Slot {
        /// The object that names it; 0 where the slot is free.
        var object = 0
        var hash = 0
        var start = 0
        var length = 0
    }

    init(reserved: [[String]]) {
        self.reserved = reserved.enumerated().flatMap { group, names in
            names.map { name in
                let folded = ByteBuffer()
                NameFolding.append(name, to: folded)
                return (Array(folded.bytes), group)
            }
        }
        slots = Array(repeating: Slot(), count: 64)
    }

    func fault(in text: PaddedBytes, _ outline: JSONOutline) -> ShapeFault? {
        forgetNames()
        var objects = 0
        var fault: ShapeFault?
        outline.forEachMark { mark in
            switch text[mark] {
            case UInt8(ascii: "{"):
                objects += 1
                open.append(objects)
            case UInt8(ascii: "["): open.append(0)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): open.removeLast()
            default: fault = fault ?? self.fault(of: NamePlace(in: text.bytes, colon: mark), in: text)
            }
        }
        return fault
    }

    private func forgetNames() {
        open.removeAll(keepingCapacity: true)
        folded.removeAll()
        // A record of a million names leaves a large table; the next one's is to be small again.
        if slots.count > 4096 { slots = [] }
        for index in slots.indices { slots[index].object = 0 }
        if slots.isEmpty { slots = Array(repeating: Slot(), count: 64) }
        taken = 0
    }

    private func fault(of place: NamePlace, in text: PaddedBytes) -> ShapeFault? {
        let object = open.last ?? 0
        let start = folded.count
        NameFolding.append(text[place.start + 1..<place.end], to: folded)
        let name = UnsafeRawBufferPointer(rebasing: folded.bytes[start...])
        if open.count == 1, let group = reserved.first(where: { $0.name.elementsEqual(name) })?.group {
            return .reservedName(group: group)
        }
        return insert(object, start) ? nil : .duplicateName
    }

    /// False where the object has the name already.
    private func insert(_ object: Int, _ start: Int) -> Bool {
        if taken * 2 >= slots.count { grow() }
        let name = UnsafeRawBufferPointer(rebasing: folded.bytes[start...])
        // Seeded in each process: nobody can send names that all collide.
        var hasher = Hasher()
        hasher.combine(object)
        hasher.combine(bytes: name)
        let slot = Slot(object: object, hash: hasher.finalize(), start: start, length: name.count)
        var index = slot.hash & (slots.count - 1)
        while slots[index].object != 0 {
            if isSame(slots[index], slot) { return false }
            index = (index + 1) & (slots.count - 1)
        }
        slots[index] = slot
        taken += 1
        return true
    }

    private func isSame(_ one: Slot, _ other: Slot) -> Bool {
        one.hash == other.hash && one.object == other.object && one.length == other.length
            && memcmp(folded.base + one.start, folded.base + other.start, one.length) == 0
    }

    private func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: old.count * 2)
        for slot in old where slot.object != 0 {
            var index = slot.hash & (slots.count - 1)
            while slots[index].object != 0 { index = (index + 1) & (slots.count - 1) }
            slots[index] = slot
        }
    }
}
