/// How many are inside at once.
package final class Counter: Sendable {
    private let counts = Locked((inside: 0, most: 0))

    package init() {}

    package func enter() {
        counts.change {
            $0.inside += 1
            $0.most = max($0.most, $0.inside)
        }
    }

    package func leave() { counts.change { $0.inside -= 1 } }

    package var most: Int { counts.value.most }
}
