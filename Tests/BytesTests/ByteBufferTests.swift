import Bytes
import Testing

@Suite("A byte buffer")
struct ByteBufferTests {
    @Test("keeps what was written while it grows")
    func grows() {
        let buffer = ByteBuffer(capacity: 1)
        var expected = ""
        for number in 0..<2_000 {
            buffer.append("\(number),")
            expected += "\(number),"
        }
        #expect(buffer.text == expected)
    }

    @Test("keeps its memory when it is emptied")
    func keepsMemory() {
        let buffer = ByteBuffer()
        buffer.reserve(100_000)
        let (base, capacity) = (buffer.base, buffer.capacity)
        for _ in 0..<3 {
            buffer.removeAll()
            buffer.appendUninitialized(atMost: 100_000) {
                $0[0] = 7; return 100_000
            }
        }
        #expect(buffer.base == base && buffer.capacity == capacity)
    }

    @Test(
        "writes numbers in decimal, padded to a width",
        arguments: [
            (0, 0, "0"), (0, 3, "000"), (7, 20, "00000000000000000007"), (-1, 0, "-1"), (-5, 2, "-05"),
            (1234, 2, "1234"),
            (Int64.max, 20, "09223372036854775807"), (Int64.min, 0, "-9223372036854775808"),
        ])
    func decimal(value: Int64, width: Int, expected: String) {
        let buffer = ByteBuffer()
        buffer.append(decimal: value, width: width)
        #expect(buffer.text == expected)
    }

    @Test("drops what lies after a length")
    func truncates() {
        let buffer = ByteBuffer()
        buffer.append("abcdef")
        buffer.truncate(to: 2)
        buffer.append("x")
        #expect(buffer.text == "abx")
    }
}
