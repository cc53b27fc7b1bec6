/// How the C library's heap is to deal with memory.
///
/// An invocation needs what the last one did, and nothing else runs in the sandbox: what the heap has it keeps, and what
/// it gets it gets in large pieces. With a C library other than glibc nothing is done.
#ifndef KAFKA_TO_S3_CHEAP_H
#define KAFKA_TO_S3_CHEAP_H

/// Keeps what is freed. glibc gives the end of its heap back to the kernel whenever 128 KB of it are free, and pieces of
/// that size at once; libcurl frees its buffers with each request. All of that would come back as zeroed pages, one fault
/// each, which cost a batch of hundreds of objects a seventh of its time.
///
/// To be called before anything of size is allocated.
void cheap_keep_pages(void);

/// Has what is allocated from now on lie in pages of 2 MB where the kernel has them (transparent huge pages, in their
/// modes `madvise` and `always`). A first batch of 10,000 records touches 8 MB, 2,000 pages of 4 KB, whose faults take
/// longer than its records do. Nothing is touched here: memory is taken by the first event that needs it.
void cheap_use_huge_pages(void);

#endif
