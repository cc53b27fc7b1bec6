// Base64 decoding for x86-64, after Wojciech Mula and Daniel Lemire, "Faster Base64 Encoding and Decoding Using AVX2
// Instructions" (ACM TWEB 12:3, 2018), in the variant with three tables.
#include "kernels.h"
#if CV_X86
#include <immintrin.h>

// Indexed by a character's high and low four bits. Their common bits are none exactly for the alphabet.
#define BY_LOW 0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A
#define BY_HIGH 0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10
// What to add to a character to get its six bits, by its high four bits; '/' takes entry 1, which nothing else has.
#define ROLL 0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0
// Three bytes of each four, in order.
#define PACK 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1
#define INDEX 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15

/// How many '=' the text ends with, at most two.
static inline size_t padding(const uint8_t *text, size_t count) {
    return text[count - 1] != '=' ? 0 : text[count - 2] != '=' ? 1 : 2;
}

#define AVX2 __attribute__((target("avx2")))

/// 32 characters to 24 bytes; `wrong` becomes non-zero when one is not in the alphabet.
AVX2 static inline __m256i decode32(__m256i text, __m256i *wrong) {
    const __m256i low_bits = _mm256_set1_epi8(0x0F);
    __m256i high = _mm256_and_si256(_mm256_srli_epi32(text, 4), low_bits);
    __m256i by_high = _mm256_shuffle_epi8(_mm256_setr_epi8(BY_HIGH, BY_HIGH), high);
    __m256i by_low = _mm256_shuffle_epi8(_mm256_setr_epi8(BY_LOW, BY_LOW), _mm256_and_si256(text, low_bits));
    *wrong = _mm256_or_si256(*wrong, _mm256_and_si256(by_high, by_low));
    __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
    __m256i roll = _mm256_shuffle_epi8(_mm256_setr_epi8(ROLL, ROLL), _mm256_add_epi8(slash, high));
    __m256i six = _mm256_add_epi8(text, roll);
    __m256i twelve = _mm256_maddubs_epi16(six, _mm256_set1_epi32(0x01400140));
    __m256i bytes = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
    bytes = _mm256_shuffle_epi8(bytes, _mm256_setr_epi8(PACK, PACK));
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
}

AVX2 ptrdiff_t cv_base64_decode_avx2(const uint8_t *text, size_t count, uint8_t *out) {
    if (count == 0) return 0;
    if (count % 4 != 0) return -1;
    size_t length = count / 4 * 3 - padding(text, count), left = count - padding(text, count);
    __m256i wrong = _mm256_setzero_si256();
    for (; left >= 32; left -= 32, text += 32, out += 24)
        _mm256_storeu_si256((__m256i *)out, decode32(_mm256_loadu_si256((const __m256i *)text), &wrong));
    if (left > 0) {
        // What lies after the last character counts as 'A', six zero bits.
        __m256i index = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_setr_epi8(INDEX)),
                                                _mm_add_epi8(_mm_setr_epi8(INDEX), _mm_set1_epi8(16)), 1);
        __m256i mine = _mm256_cmpgt_epi8(_mm256_set1_epi8((char)left), index);
        __m256i last = _mm256_loadu_si256((const __m256i *)text);
        last = _mm256_blendv_epi8(_mm256_set1_epi8('A'), last, mine);
        _mm256_storeu_si256((__m256i *)out, decode32(last, &wrong));
    }
    return _mm256_testz_si256(wrong, wrong) ? (ptrdiff_t)length : -1;
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))

/// The six bits of each ASCII character; -1 for what is not in the alphabet.
static const int8_t six_bits[128] __attribute__((aligned(64))) = {
#define NONE8 -1, -1, -1, -1, -1, -1, -1, -1
    NONE8, NONE8, NONE8, NONE8, NONE8, -1, -1, -1, 62, -1, -1, -1, 63,              // + /
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1,                 // 0-9
    -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,                           // A-O
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, -1,                 // P-Z
    -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,                 // a-o
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,                 // p-z
#undef NONE8
};

/// 64 characters to 48 bytes, after Wojciech Mula and Daniel Lemire, "Base64 encoding and decoding at almost the speed
/// of a memory copy" (Software: Practice and Experience 50:2, 2020). A byte of `wrong` becomes negative when one is not
/// in the alphabet.
AVX512 static inline __m512i decode64(__m512i text, __m512i *wrong) {
    __m512i six = _mm512_permutex2var_epi8(_mm512_load_si512(six_bits), text, _mm512_load_si512(six_bits + 64));
    *wrong = _mm512_or_si512(*wrong, _mm512_or_si512(six, text));
    __m512i twelve = _mm512_maddubs_epi16(six, _mm512_set1_epi32(0x01400140));
    __m512i bytes = _mm512_madd_epi16(twelve, _mm512_set1_epi32(0x00011000));
    // Three bytes of each four, in order: in each quarter first, then the quarters.
    bytes = _mm512_shuffle_epi8(bytes, _mm512_broadcast_i32x4(_mm_setr_epi8(PACK)));
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15), bytes);
}

AVX512 ptrdiff_t cv_base64_decode_avx512(const uint8_t *text, size_t count, uint8_t *out) {
    if (count == 0) return 0;
    if (count % 4 != 0) return -1;
    size_t length = count / 4 * 3 - padding(text, count), left = count - padding(text, count);
    __m512i wrong = _mm512_setzero_si512();
    for (; left >= 64; left -= 64, text += 64, out += 48)
        _mm512_storeu_si512(out, decode64(_mm512_loadu_si512(text), &wrong));
    if (left > 0) {
        // What lies after the last character counts as 'A', six zero bits.
        __m512i last = _mm512_mask_blend_epi8(~(uint64_t)0 << left, _mm512_loadu_si512(text), _mm512_set1_epi8('A'));
        _mm512_storeu_si512(out, decode64(last, &wrong));
    }
    return _mm512_movepi8_mask(wrong) == 0 ? (ptrdiff_t)length : -1;
}

#define SSSE3 __attribute__((target("ssse3")))

/// 16 characters to 12 bytes.
SSSE3 static inline __m128i decode16(__m128i text, __m128i *wrong) {
    const __m128i low_bits = _mm_set1_epi8(0x0F);
    __m128i high = _mm_and_si128(_mm_srli_epi32(text, 4), low_bits);
    __m128i by_high = _mm_shuffle_epi8(_mm_setr_epi8(BY_HIGH), high);
    __m128i by_low = _mm_shuffle_epi8(_mm_setr_epi8(BY_LOW), _mm_and_si128(text, low_bits));
    *wrong = _mm_or_si128(*wrong, _mm_and_si128(by_high, by_low));
    __m128i slash = _mm_cmpeq_epi8(text, _mm_set1_epi8('/'));
    __m128i six = _mm_add_epi8(text, _mm_shuffle_epi8(_mm_setr_epi8(ROLL), _mm_add_epi8(slash, high)));
    __m128i twelve = _mm_maddubs_epi16(six, _mm_set1_epi32(0x01400140));
    return _mm_shuffle_epi8(_mm_madd_epi16(twelve, _mm_set1_epi32(0x00011000)), _mm_setr_epi8(PACK));
}

SSSE3 ptrdiff_t cv_base64_decode_ssse3(const uint8_t *text, size_t count, uint8_t *out) {
    if (count == 0) return 0;
    if (count % 4 != 0) return -1;
    size_t length = count / 4 * 3 - padding(text, count), left = count - padding(text, count);
    __m128i wrong = _mm_setzero_si128();
    for (; left >= 16; left -= 16, text += 16, out += 12)
        _mm_storeu_si128((__m128i *)out, decode16(_mm_loadu_si128((const __m128i *)text), &wrong));
    if (left > 0) {
        __m128i mine = _mm_cmpgt_epi8(_mm_set1_epi8((char)left), _mm_setr_epi8(INDEX));
        __m128i last = _mm_loadu_si128((const __m128i *)text);
        last = _mm_or_si128(_mm_and_si128(mine, last), _mm_andnot_si128(mine, _mm_set1_epi8('A')));
        _mm_storeu_si128((__m128i *)out, decode16(last, &wrong));
    }
    // SSSE3 has no test for zero.
    return _mm_movemask_epi8(_mm_cmpeq_epi8(wrong, _mm_setzero_si128())) == 0xFFFF ? (ptrdiff_t)length : -1;
}
#endif
