extension RandomAccessCollection where Index == Int {
    /// The first index from `start` on whose element satisfies `predicate`, or `endIndex`. All elements that do not
    /// satisfy it precede all that do.
    func partitionPoint(from start: Int? = nil, where predicate: (Element) -> Bool) -> Int {
        var low = start ?? startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
