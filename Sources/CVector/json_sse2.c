// The check of JSON by blocks for x86-64 without AVX2: SSE2, part of every such CPU.
#include "kernels.h"
#if CV_X86
#include <emmintrin.h>

#define CV_TARGET
#define OP static inline __attribute__((always_inline))

typedef struct { __m128i v[4]; } block;

/// One word of `expression` for each of a block's four registers `v`.
#define WORD(expression)                                                \
    ({                                                                  \
        uint64_t word = 0;                                              \
        for (int i = 0; i < 4; i++) {                                   \
            __m128i v = b.v[i];                                         \
            word |= (uint64_t)_mm_movemask_epi8(expression) << 16 * i;  \
        }                                                               \
        __asm__("" : "+r"(word)); /* see json_avx2.c */                 \
        word;                                                           \
    })

OP block load(const uint8_t *p) {
    const __m128i *q = (const __m128i *)p;
    return (block){{_mm_loadu_si128(q), _mm_loadu_si128(q + 1), _mm_loadu_si128(q + 2), _mm_loadu_si128(q + 3)}};
}

OP block blank(block b, size_t count) {
    const __m128i index = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int i = 0; i < 4; i++) {
        __m128i keep = _mm_cmpgt_epi8(_mm_set1_epi8((char)((int)count - 16 * i)), index);
        b.v[i] = _mm_or_si128(_mm_and_si128(keep, b.v[i]), _mm_andnot_si128(keep, _mm_set1_epi8(0x7F)));
    }
    return b;
}

OP uint64_t eq(block b, char c) { return WORD(_mm_cmpeq_epi8(v, _mm_set1_epi8(c))); }

OP uint64_t eq_bit5(block b, char c) {
    return WORD(_mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8(c)));
}

/// Bytes from `first` to `first + span`, all ones each.
OP __m128i range(__m128i v, char first, char span) {
    __m128i from = _mm_sub_epi8(v, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(span)), from);
}

OP uint64_t digits(block b) { return WORD(range(v, '0', 9)); }
OP uint64_t controls(block b) { return WORD(range(v, 0, 0x1F)); }
OP uint64_t high(block b) { return WORD(v); }

/// Signed, controls and bytes that are not ASCII are less than a space.
OP uint64_t unusual(block b) {
    return WORD(_mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
}

/// Each bit becomes the parity of the bits up to it.
OP uint64_t prefix_xor(uint64_t x) {
    for (int shift = 1; shift < 64; shift *= 2) x ^= x << shift;
    return x;
}

#include "json_blocks.h"

int32_t cv_json_accepts_sse2(const uint8_t *text, size_t count, unsigned depth,
                             struct cv_json_outline *outline) {
    return accepts(text, count, depth, outline);
}
#endif
