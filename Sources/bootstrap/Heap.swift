#if canImport(Glibc)
import CHeap

/// How the C library's heap is to deal with memory: what is freed stays with the process.
enum Heap {
    /// One invocation needs what the last one did. glibc gives the end of its heap back to the kernel whenever 128 KB of
    /// it are free, and large pieces at once; libcurl frees its buffers with each request. All of that would come back
    /// as zeroed pages, one fault each, which cost a batch of hundreds of objects a seventh of its time.
    ///
    /// To be called before anything of size is allocated.
    static func keepPages() {
        // The greatest threshold that glibc takes; larger pieces than any batch needs are mapped on their own.
        _ = mallopt(M_MMAP_THRESHOLD, 32 << 20)
        _ = mallopt(M_TRIM_THRESHOLD, .max)
        // Asked of the kernel at a time, beyond what is needed just then.
        _ = mallopt(M_TOP_PAD, 1 << 20)
    }
}
#else
enum Heap {
    static func keepPages() {}
}
#endif
