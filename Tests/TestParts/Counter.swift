/// How many are inside at once.
public final class Counter: Sendable {
    private let counts = Locked((inside: 0, most: 0))

    public init() {}

    public func enter() {
        counts.change {
            $0.inside += 1
            $0.most = max($0.most, $0.inside)
        }
    }

    public func leave() { counts.change { $0.inside -= 1 } }

    public var most: Int { counts.value.most }
}
