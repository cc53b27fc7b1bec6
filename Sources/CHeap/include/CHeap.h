/// How the C library's heap is to deal with memory. With a C library other than glibc nothing is done.
#ifndef KAFKA_TO_S3_CHEAP_H
#define KAFKA_TO_S3_CHEAP_H

#include <stddef.h>

/// Keeps what is freed: an invocation needs what the last one did, and nothing else runs in the sandbox.
///
/// glibc gives the end of its heap back to the kernel whenever 128 KB of it are free, and pieces of that size at once;
/// libcurl frees its buffers with each request. All of that would come back as zeroed pages, one fault each, which cost a
/// batch of hundreds of objects a seventh of its time.
///
/// To be called before anything of size is allocated.
void cheap_keep_pages(void);

/// Has the kernel hand out memory of so many bytes now rather than, fault by fault, in the midst of the first invocation.
/// The heap keeps it.
void cheap_take_pages(size_t bytes);

#endif
