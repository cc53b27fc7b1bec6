// What the files of this target share: one declaration for each path of each kernel.
#ifndef CV_KERNELS_H
#define CV_KERNELS_H

#include <string.h>

#include "CVector.h"

#if defined(__x86_64__)
#define CV_X86 1
#elif defined(__aarch64__)
#define CV_ARM 1
#endif

extern enum cv_path cv_chosen;

/// Sets what cv_json_accepts calls.
void cv_json_choose(enum cv_path path);

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
/// As cv_json_accepts says.
int32_t cv_json_accepts_sse2(const uint8_t *text, size_t count, unsigned depth, struct cv_json_outline *outline);
int32_t cv_json_accepts_avx2(const uint8_t *text, size_t count, unsigned depth, struct cv_json_outline *outline);
int32_t cv_json_accepts_neon(const uint8_t *text, size_t count, unsigned depth, struct cv_json_outline *outline);

bool cv_json_has_long_shape(const uint8_t *text, const struct cv_json_outline *outline,
                            const struct cv_json_shape *shape);

typedef uint8_t sixteen __attribute__((vector_size(16)));

static inline sixteen cv_json_difference(const uint8_t *mark, const struct cv_json_piece *piece) {
    sixteen bytes;
    memcpy(&bytes, mark - 15, 16);
    return (bytes ^ *(const sixteen *)piece->bytes) & *(const sixteen *)piece->counts;
}

static inline bool cv_json_is_zero(sixteen bytes) {
    uint64_t halves[2];
    memcpy(halves, &bytes, 16);
    return (halves[0] | halves[1]) == 0;
}

/// cv_json_has_shape, for inlining. It does not end early: nearly all texts that are asked about have the shape.
static inline __attribute__((always_inline)) bool cv_json_has_shape_inline(const uint8_t *text,
                                                                           const struct cv_json_outline *outline,
                                                                           const struct cv_json_shape *shape) {
    if (outline->mark_count != shape->mark_count) return false;
    if (shape->further) return cv_json_has_long_shape(text, outline, shape);
    const struct cv_json_piece *piece = shape->pieces;
    sixteen differences = {0};
    for (size_t i = 0; i < outline->word_count; i++, text += 64)
        for (uint64_t word = outline->words[i]; word; word &= word - 1)
            differences |= cv_json_difference(text + __builtin_ctzll(word), piece++);
    return cv_json_is_zero(differences);
}

/// To be called at the end of a check that has found the text valid and has written the outline's words.
/// Returns a trait or none.
static inline __attribute__((always_inline)) uint8_t cv_json_outline_end(const uint8_t *text, size_t count,
                                                                         struct cv_json_outline *outline,
                                                                         uint32_t marks) {
    outline->word_count = count / 64 + 1;
    outline->mark_count = marks;
    bool same = outline->expected && cv_json_has_shape_inline(text, outline, outline->expected);
    return same ? CV_JSON_EXPECTED_SHAPE : 0;
}

static inline int32_t cv_json_accepted(enum cv_json_kind kind, uint8_t traits) { return (int32_t)kind | traits << 8; }

/// The kind of a text that is valid.
static inline enum cv_json_kind cv_json_kind_of(const uint8_t *text) {
    while (*text == ' ' || *text == '\n' || *text == '\r' || *text == '\t') text++;
    return *text == '{' ? CV_JSON_OBJECT : CV_JSON_OTHER;
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
