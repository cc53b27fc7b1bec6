import Foundation
import TestParts
import Testing

/// The runtime under AWS's own emulator of the Runtime API.
@Suite struct `Under the Runtime Interface Emulator` {
    private let emulator: Emulator

    init() throws { emulator = try Emulator(TestParts.product("EchoFunction")) }

    @Test func `events are answered, the largest too, in one process`() throws {
        #expect(try emulator.invoke("{}").text == "{\"bytes\":2}")
        let largest = [UInt8](repeating: UInt8(ascii: "1"), count: 6_291_556)
        #expect(try emulator.invoke(largest).text == "{\"bytes\":6291556}")
        let answer = try emulator.invoke("\"context\"")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
        #expect((object["requestID"] as? String)?.count == 36)
        #expect((object["functionARN"] as? String)?.contains(":function:test") == true)
        #expect(answer.status == 200)
    }

    @Test func `an error reaches the caller with its type and message, and the next event is served`() throws {
        let answer = try emulator.invoke("\"throw\"")
        let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? NSDictionary
        #expect(
            object == [
                "errorType": "Function.EchoError", "errorMessage": "thrown on purpose: \"ü\"\n", "stackTrace": [],
            ])
        #expect(try emulator.invoke("{}").text == "{\"bytes\":2}")
    }

    @Test func `a crash fails its event, and a new process serves the next`() throws {
        #expect(try emulator.invoke("{}").text == "{\"bytes\":2}")
        let answer = try emulator.invoke("\"crash\"")
        #expect(answer.text.contains("Runtime.ExitError"))
        #expect(try emulator.invoke("{}").text == "{\"bytes\":2}")
    }

    @Test func `an error of the start reaches the caller by its own type`() throws {
        let emulator = try Emulator(TestParts.product("EchoFunction"), ["INIT_ERROR": "the variable X is missing"])
        let answer = try emulator.invoke("{}")
        #expect(answer.text.contains("Function.EchoError"))
        #expect(answer.text.contains("the variable X is missing"))
    }
}
