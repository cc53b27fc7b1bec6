// The check of JSON by blocks for x86-64: AVX2 with carry-less multiplication.
#include "kernels.h"
#if CV_X86
#include <immintrin.h>

#define CV_TARGET __attribute__((target("avx2,bmi,lzcnt,pclmul,popcnt")))
#define OP CV_TARGET static inline __attribute__((always_inline))

typedef struct { __m256i low, high; } block;

/// One bit for each byte of the block, its highest.
OP uint64_t word(__m256i low, __m256i high) {
    uint64_t bits = (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
    // Clang, knowing where the bits came from, would take words apart into single bits again (three times the code).
    __asm__("" : "+r"(bits));
    return bits;
}

OP block load(const uint8_t *p) {
    return (block){_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)(p + 32))};
}

OP __m256i blank_half(__m256i v, int count) {
    const __m256i index = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                           22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    return _mm256_blendv_epi8(_mm256_set1_epi8(0x7F), v, _mm256_cmpgt_epi8(_mm256_set1_epi8((char)count), index));
}

OP block blank(block b, size_t count) {
    return (block){blank_half(b.low, (int)count), blank_half(b.high, (int)count - 32)};
}

OP uint64_t eq(block b, char c) {
    __m256i v = _mm256_set1_epi8(c);
    return word(_mm256_cmpeq_epi8(b.low, v), _mm256_cmpeq_epi8(b.high, v));
}

OP uint64_t eq_bit5(block b, char c) {
    __m256i bit = _mm256_set1_epi8(0x20);
    return eq((block){_mm256_or_si256(b.low, bit), _mm256_or_si256(b.high, bit)}, c);
}

/// Bytes from `first` to `first + span`, all ones each.
OP __m256i range(__m256i v, char first, char span) {
    __m256i from = _mm256_sub_epi8(v, _mm256_set1_epi8(first));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(from, _mm256_set1_epi8(span)), from);
}

OP uint64_t digits(block b) { return word(range(b.low, '0', 9), range(b.high, '0', 9)); }
OP uint64_t controls(block b) { return word(range(b.low, 0, 0x1F), range(b.high, 0, 0x1F)); }
OP uint64_t high(block b) { return word(b.low, b.high); }

/// All ones, or the byte itself where that is not ASCII: signed, both kinds are less than a space.
OP __m256i unusual_half(__m256i v) {
    return _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(' '), v), _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
}

OP uint64_t unusual(block b) {
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(unusual_half(b.low), unusual_half(b.high)));
}

/// Each bit becomes the parity of the bits up to it.
OP uint64_t prefix_xor(uint64_t x) {
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)x), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

#include "json_blocks.h"

CV_TARGET int32_t cv_json_accepts_avx2(const uint8_t *text, size_t count, unsigned depth,
                                       struct cv_json_outline *outline) {
    return accepts(text, count, depth, outline);
}
#endif
