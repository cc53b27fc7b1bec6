import Bytes
import CTestParts
import CVector
import Testing

@Suite struct PaddedBytesTests {
    @Test func `The padding is at least what the C kernels read`() {
        #expect(PaddedBytes.slack >= CV_SLACK)
        #expect(PaddedBytes.lead >= CV_LEAD)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 64, 100, 4096, 1 << 20])
    func `A buffer has the padding on both sides of all that fits, also after it has grown`(capacity: Int) {
        let buffer = ByteBuffer(capacity: capacity)
        #expect(test_parts_allocated(buffer.base - PaddedBytes.lead) >= PaddedBytes.lead + capacity + PaddedBytes.slack)
        buffer.reserve(buffer.capacity + 1)
        let grown = PaddedBytes.lead + buffer.capacity + PaddedBytes.slack
        #expect(test_parts_allocated(buffer.base - PaddedBytes.lead) >= grown)
    }

    @Test func `Parts of padded bytes count from zero`() {
        let buffer = ByteBuffer()
        buffer.append("0123456789")
        let part = buffer.padded[2..<8]
        #expect(part.bytes.elementsEqual("234567".utf8))
        #expect(part[1..<3].bytes.elementsEqual("34".utf8))
        #expect(part[0] == UInt8(ascii: "2"))
        #expect(part.suffix(from: 4).bytes.elementsEqual("67".utf8))
        #expect(part.suffix(from: 6).isEmpty)
        #expect(part.prefix(2).bytes.elementsEqual("23".utf8))
        #expect(part.prefix(99).count == 6)
        #expect(part.part(from: part.start + 1, to: part.end - 1).bytes.elementsEqual("3456".utf8))
    }

    @Test func `A part beyond the bytes ends the process`() async {
        await #expect(processExitsWith: .failure) {
            let buffer = ByteBuffer()
            buffer.append("0123456789")
            _ = buffer.padded[4..<11]
        }
    }
}
