/// How the C library's heap manages memory. With a C library other than glibc these functions do nothing.
#ifndef KAFKA_TO_S3_CHEAP_H
#define KAFKA_TO_S3_CHEAP_H

#include <stddef.h>

/// Keeps what is freed: an invocation needs what the last one did, and nothing else runs in the sandbox.
///
/// glibc returns the end of its heap to the kernel whenever 128 KB of it are free, and blocks of that size at once;
/// libcurl frees its buffers with each request. All of that would come back as zeroed pages, one fault each, which cost
/// a batch of hundreds of objects a seventh of its time.
///
/// To be called before anything of size is allocated.
void heap_keep_pages(void);

/// Has the kernel provide this many bytes of memory now rather than, fault by fault, during the first invocation. The
/// heap keeps them.
void heap_reserve_pages(size_t bytes);

#endif
