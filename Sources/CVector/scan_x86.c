// The end of a plain piece of a JSON string, for x86-64.
#include "kernels.h"
#if CV_X86
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi")))

/// All ones for each byte that stops.
AVX2 static inline __m256i stops32(__m256i v) {
    __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1F)), v);
    __m256i quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
    __m256i backslash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'));
    return _mm256_or_si256(_mm256_or_si256(quote, backslash), control);
}

AVX2 const uint8_t *cv_string_stop_avx2(const uint8_t *at, const uint8_t *end) {
    for (; at < end; at += 64) {
        __m256i low = stops32(_mm256_loadu_si256((const __m256i *)at));
        __m256i high = stops32(_mm256_loadu_si256((const __m256i *)(at + 32)));
        __m256i any = _mm256_or_si256(low, high);
        if (_mm256_testz_si256(any, any)) continue;
        uint32_t stops = (uint32_t)_mm256_movemask_epi8(low);
        at += stops ? __builtin_ctz(stops) : 32 + __builtin_ctz((uint32_t)_mm256_movemask_epi8(high));
        break;
    }
    return at < end ? at : end;
}

const uint8_t *cv_string_stop_sse2(const uint8_t *at, const uint8_t *end) {
    for (; at < end; at += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)at);
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1F)), v);
        __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"')), backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
        unsigned stops = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control));
        if (stops == 0) continue;
        at += __builtin_ctz(stops);
        break;
    }
    return at < end ? at : end;
}
#endif
