// What the files of this target share: one declaration for each path of each kernel.
#ifndef CV_KERNELS_H
#define CV_KERNELS_H

#include "CVector.h"

#if defined(__x86_64__)
#define CV_X86 1
#elif defined(__aarch64__)
#define CV_ARM 1
#endif

extern enum cv_path cv_chosen;

ptrdiff_t cv_base64_decode_scalar(const uint8_t *text, size_t count, uint8_t *out);
ptrdiff_t cv_base64_decode_ssse3(const uint8_t *text, size_t count, uint8_t *out);
ptrdiff_t cv_base64_decode_avx2(const uint8_t *text, size_t count, uint8_t *out);
ptrdiff_t cv_base64_decode_avx512(const uint8_t *text, size_t count, uint8_t *out);
ptrdiff_t cv_base64_decode_neon(const uint8_t *text, size_t count, uint8_t *out);

const uint8_t *cv_string_stop_scalar(const uint8_t *at, const uint8_t *end);
const uint8_t *cv_string_stop_sse2(const uint8_t *at, const uint8_t *end);
const uint8_t *cv_string_stop_avx2(const uint8_t *at, const uint8_t *end);
const uint8_t *cv_string_stop_neon(const uint8_t *at, const uint8_t *end);

struct cv_json_verdict cv_json_check_scalar(const uint8_t *text, size_t count, unsigned depth,
                                            struct cv_json_outline *outline);
/// Whether the text is valid, with its traits; what is wrong with it otherwise is the reference's business.
bool cv_json_accepts_sse2(const uint8_t *text, size_t count, unsigned depth, uint8_t *traits,
                          struct cv_json_outline *outline);
bool cv_json_accepts_avx2(const uint8_t *text, size_t count, unsigned depth, uint8_t *traits,
                          struct cv_json_outline *outline);
bool cv_json_accepts_neon(const uint8_t *text, size_t count, unsigned depth, uint8_t *traits,
                          struct cv_json_outline *outline);

static inline void cv_json_outline_begin(struct cv_json_outline *outline) {
    outline->word_count = 0;
    outline->mark_count = 0;
}

/// Adds a block's word, unless nothing is marked in it.
static inline void cv_json_outline_add(struct cv_json_outline *outline, uint64_t word, size_t start, uint32_t marks) {
    outline->words[outline->word_count] = word;
    outline->starts[outline->word_count] = (uint32_t)start;
    outline->word_count += word != 0;
    outline->mark_count += marks;
}

/// A valid text has the outermost brackets as its first mark and its last, or no mark at all.
static inline __attribute__((always_inline)) void cv_json_outline_end(struct cv_json_outline *outline) {
    if (outline->mark_count == 0) return;
    outline->words[0] &= outline->words[0] - 1;
    uint64_t *last = &outline->words[outline->word_count - 1];
    *last ^= (uint64_t)1 << (63 - __builtin_clzll(*last));
    outline->mark_count -= 2;
}

bool cv_utf8_valid(const uint8_t *text, size_t count);

/// The length, 2 to 4, of the well-formed non-ASCII UTF-8 sequence at `p`, 0 when there is none.
/// (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.)
static inline unsigned cv_utf8_sequence(const uint8_t *p, size_t remaining) {
    uint8_t first = p[0];
    if (remaining < 2 || first < 0xC2 || first > 0xF4) return 0;
    uint8_t lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < lowest || p[1] > highest) return 0;
    unsigned length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (remaining < length) return 0;
    for (unsigned i = 2; i < length; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    return length;
}

/// Four hexadecimal digits as a number, or -1.
static inline int32_t cv_hex4(const uint8_t *p) {
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = p[i], letter = c | 0x20;
        if (c >= '0' && c <= '9') value = value << 4 | (c - '0');
        else if (letter >= 'a' && letter <= 'f') value = value << 4 | (letter - 'a' + 10);
        else return -1;
    }
    return value;
}

#endif
