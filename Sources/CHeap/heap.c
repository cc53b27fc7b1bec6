#define _GNU_SOURCE
#include "CHeap.h"

#include <stdlib.h>  // brings __GLIBC__

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define MB ((uintptr_t)1 << 20)

void cheap_keep_pages(void) {
    mallopt(M_MMAP_THRESHOLD, 32 * MB);  // the greatest that glibc takes
    mallopt(M_TRIM_THRESHOLD, INT32_MAX);
    mallopt(M_TOP_PAD, MB);
}

void cheap_use_huge_pages(void) {
    // The heap's free end is used up to a page's boundary, by a piece that is never touched; what comes behind it is new.
    // It begins a little before the boundary, since glibc writes there, before the kernel could be told.
    uintptr_t end = (uintptr_t)sbrk(0), boundary = (end + 2 * MB - 1) / (2 * MB) * (2 * MB);
    mallopt(M_TOP_PAD, 16 * MB);
    void *volatile filler = malloc(boundary - end + mallinfo2().keepcost - 256);
    mallopt(M_TOP_PAD, MB);
    end = (uintptr_t)sbrk(0) / (2 * MB) * (2 * MB);
    if (filler != NULL && end > boundary) madvise((void *)boundary, end - boundary, MADV_HUGEPAGE);
}

#else

void cheap_keep_pages(void) {}
void cheap_use_huge_pages(void) {}

#endif
