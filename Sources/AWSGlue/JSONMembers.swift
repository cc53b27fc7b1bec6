import Bytes
import JSON

/// The members of a JSON object, in their order, each with the text of its value. What a caller does not understand it
/// hands on as it came: Glue replaces a definition as a whole, so what is left out of an update is lost.
package struct JSONMembers: Equatable, Sendable {
    private struct Member: Equatable, Sendable {
        var name: String
        var value: String
    }

    private var members: [Member] = []

    package init() {}

    /// Reads the object at the cursor. Members that are null are left out, as AWS's protocol leaves them out.
    package init(_ cursor: inout JSONCursor) throws(JSONError) {
        var isFirst = true
        try cursor.enterObject()
        while let name = try cursor.nextName(&isFirst) {
            if try cursor.skipNull() { continue }
            self[name.text] = try Self.value(&cursor)
        }
    }

    /// Steps over a value.
    /// - Returns: its text.
    static func value(_ cursor: inout JSONCursor) throws(JSONError) -> String {
        _ = cursor.peek()
        let start = cursor.position
        try cursor.skipValue()
        return String(decoding: cursor.text.part(from: start, to: cursor.position).bytes, as: UTF8.self)
    }

    /// The text of a member's value; a new member comes last.
    package subscript(name: String) -> String? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Only the members of these names.
    package func only(_ names: Set<String>) -> JSONMembers {
        var some = self
        some.members.removeAll { !names.contains($0.name) }
        return some
    }

    /// Appends `"name":value` for each, with commas between.
    package func appendMembers(to body: ByteBuffer, isFirst: Bool = true) {
        for (index, member) in members.enumerated() {
            if index > 0 || !isFirst { body.append(",") }
            JSONWriter.appendString(member.name, to: body)
            body.append(":")
            body.append(member.value)
        }
    }

    package func append(to body: ByteBuffer) {
        body.append("{")
        appendMembers(to: body)
        body.append("}")
    }

    // MARK: Values

    package func string(_ name: String) -> String? {
        read(name) { (cursor) throws(JSONError) in try cursor.readString().text }
    }

    package func members(_ name: String) -> JSONMembers? {
        read(name) { (cursor) throws(JSONError) in try JSONMembers(&cursor) }
    }

    package mutating func set(_ name: String, _ text: String) {
        let buffer = ByteBuffer()
        JSONWriter.appendString(text, to: buffer)
        self[name] = buffer.text
    }

    package mutating func set(_ name: String, _ strings: [String: String]) {
        self[name] = Self.text { body in
            body.append("{")
            for (index, pair) in strings.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { body.append(",") }
                JSONWriter.appendString(pair.key, to: body)
                body.append(":")
                JSONWriter.appendString(pair.value, to: body)
            }
            body.append("}")
        }
    }

    /// The object's members that are strings.
    package func strings(_ name: String) -> [String: String] {
        guard let map = members(name) else { return [:] }
        var strings: [String: String] = [:]
        for member in map.members { strings[member.name] = map.string(member.name) }
        return strings
    }

    /// The elements of a member; `nil` where it is not an array of such elements alone.
    func array<Element>(
        _ name: String, _ element: (inout JSONCursor) throws(JSONError) -> Element
    ) -> [Element]? {
        read(name) { (cursor) throws(JSONError) in
            var elements: [Element] = []
            try readArray(&cursor) { (cursor) throws(JSONError) in elements.append(try element(&cursor)) }
            return elements
        }
    }

    func read<Value>(_ name: String, _ body: (inout JSONCursor) throws(JSONError) -> Value) -> Value? {
        guard let text = self[name] else { return nil }
        let buffer = ByteBuffer(capacity: text.utf8.count)
        buffer.append(text)
        return withExtendedLifetime(buffer) {
            var cursor = JSONCursor(buffer.padded)
            return try? body(&cursor)
        }
    }

    static func text(_ write: (ByteBuffer) -> Void) -> String {
        let buffer = ByteBuffer()
        write(buffer)
        return buffer.text
    }
}

/// Reads each element of the array at the cursor.
func readArray(
    _ cursor: inout JSONCursor, _ element: (inout JSONCursor) throws(JSONError) -> Void
) throws(JSONError) {
    if try cursor.skipNull() { return }
    var isFirst = true
    try cursor.enterArray()
    while try cursor.nextElement(&isFirst) { try element(&cursor) }
}

/// Appends an array, each element of which `append` writes.
func appendArray<Element>(_ elements: [Element], to body: ByteBuffer, _ append: (Element) -> Void) {
    body.append("[")
    for (index, element) in elements.enumerated() {
        if index > 0 { body.append(",") }
        append(element)
    }
    body.append("]")
}

func appendStrings(_ strings: [String], to body: ByteBuffer) {
    appendArray(strings, to: body) { JSONWriter.appendString($0, to: body) }
}
