#include "CHeap.h"

#include <stdlib.h>  // brings __GLIBC__

#ifdef __GLIBC__
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define MB (1 << 20)

void heap_keep_pages(void) {
    // Larger pieces, an event and long bodies, are mapped on their own: those grow without being copied and leave no
    // gaps.
    mallopt(M_MMAP_THRESHOLD, MB);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    // What is asked of the kernel beyond what is needed just then.
    mallopt(M_TOP_PAD, MB);
}

void heap_reserve_pages(size_t bytes) {
    volatile char *pages = malloc(bytes);
    if (pages == NULL) return;
    // All pages at once where Linux can (5.14); elsewhere each costs a fault of its own, as it would later.
    uintptr_t first = ((uintptr_t)pages + 4095) & ~(uintptr_t)4095, end = ((uintptr_t)pages + bytes) & ~(uintptr_t)4095;
    if (end > first) madvise((void *)first, end - first, MADV_POPULATE_WRITE);
    for (size_t at = 0; at < bytes; at += 4096) pages[at] = 0;
    free((void *)pages);
}

#else

void heap_keep_pages(void) {}
void heap_reserve_pages(size_t bytes) { (void)bytes; }

#endif
