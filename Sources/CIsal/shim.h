/// ISA-L's gzip for Swift, which cannot import its structures: they hold arrays of 64 KB.
#ifndef KAFKA_TO_S3_CISAL_SHIM_H
#define KAFKA_TO_S3_CISAL_SHIM_H

#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <stdlib.h>

/// A compressor and its tables (0.35 MB) in one piece, to be given to free(); NULL where there is no memory.
static inline void *cisal_compressor(void) {
    struct isal_zstream *stream = malloc(sizeof(struct isal_zstream) + ISAL_DEF_LVL1_DEFAULT);
    if (stream == NULL) return NULL;
    isal_deflate_init(stream);
    stream->level = 1;
    stream->level_buf = (uint8_t *)(stream + 1);
    stream->level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    stream->end_of_stream = 1;
    return stream;
}

/// Begins a gzip member that holds the `count` bytes at `bytes`, which must stay there until it is whole.
static inline void cisal_begin(void *compressor, const void *bytes, uint32_t count) {
    struct isal_zstream *stream = compressor;
    isal_deflate_reset(stream);
    stream->gzip_flag = IGZIP_GZIP;  // ISA-L changes it once the member's head has been written
    stream->next_in = (uint8_t *)bytes;
    stream->avail_in = count;
}

/// ISA-L returns with the upper halves of the vector registers in use. Until they are cleared, whatever is compiled for
/// SSE, which the rest of the program is, waits for them: SHA-256 takes a third longer, two at a time twice as long.
static inline void cisal_clear_upper_halves(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx")) __asm__ volatile("vzeroupper" ::: "memory");
#endif
}

/// Writes as much of the member as fits into `room` bytes, 1 or more. Returns how much; -1 where ISA-L refuses.
static inline int64_t cisal_write(void *compressor, uint8_t *out, uint32_t room) {
    struct isal_zstream *stream = compressor;
    stream->next_out = out;
    stream->avail_out = room;
    int outcome = isal_deflate(stream);
    cisal_clear_upper_halves();
    return outcome == COMP_OK ? (int64_t)(room - stream->avail_out) : -1;
}

/// Whether the member's last byte has been written.
static inline bool cisal_is_whole(const void *compressor) {
    return ((const struct isal_zstream *)compressor)->internal_state.state == ZSTATE_END;
}

#endif
