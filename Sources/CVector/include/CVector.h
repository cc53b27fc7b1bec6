/// Byte kernels: base64 (RFC 4648), string scanning and a whole-value check of JSON (RFC 8259).
///
/// Every kernel exists as plain C, the reference, and for the vector units of x86-64 (SSSE3, AVX2, AVX-512) and arm64
/// (NEON); the best one the CPU has is chosen once, when the program starts. All of them give the same answers.
///
/// READING PAST THE END: every input must be followed by CV_SLACK bytes that may be read; what they hold does not
/// matter. Nothing is written beyond what a function's own comment says.
#ifndef KAFKA_TO_S3_CVECTOR_H
#define KAFKA_TO_S3_CVECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define CV_SLACK 64

/// How many bytes in front of a text may be read, where a function says so.
#define CV_LEAD 16

/// Room that cv_base64_decode needs after the decoded bytes, since it stores whole registers.
#define CV_BASE64_ROOM 64

/// The deepest nesting that any caller can ask cv_json_check to accept.
#define CV_JSON_DEEPEST 1024

// MARK: Which instructions are used

/// In the order of preference. AVX-512 stands for what came with VBMI (Intel since Ice Lake, AMD since Zen 4), as the
/// processors before that lower their clock for it, and is used for base64; the rest then uses AVX2, which is as fast.
enum cv_path { CV_SCALAR = 0, CV_SSSE3 = 1, CV_AVX2 = 2, CV_AVX512 = 3, CV_NEON = 4 };

/// The path in use.
enum cv_path cv_path(void);

/// Whether this CPU can run `path`.
bool cv_path_works(enum cv_path path);

// The kernels on a path of the caller's choice, which must work here: for tests, benchmarks and fuzzing.
// (Arguments, not a switch for the whole program: tests run side by side.)
struct cv_json_verdict;
struct cv_json_outline;
ptrdiff_t cv_base64_decode_on(enum cv_path path, const uint8_t *text, size_t count, uint8_t *out);
const uint8_t *cv_string_stop_on(enum cv_path path, const uint8_t *at, const uint8_t *end);
struct cv_json_verdict cv_json_check_on(enum cv_path path, const uint8_t *text, size_t count, unsigned depth,
                                        struct cv_json_outline *outline);

// MARK: Base64

/// Decodes `count` characters of base64 (RFC 4648 section 4: standard alphabet, padded, no white space) to `out`,
/// which has room for `count / 4 * 3 + CV_BASE64_ROOM` bytes and does not overlap the text.
///
/// Bits left over in the last character before the padding may be anything ("QR==" is "A" like "QQ=="): the usual
/// decoders (Java, Go, Python) take them, and refusing would keep back a record whose bytes are plain.
///
/// Returns the number of bytes, or -1 when it is not base64; `out` then holds garbage.
ptrdiff_t cv_base64_decode(const uint8_t *text, size_t count, uint8_t *out);

/// Encodes `count` bytes with padding to `out`, which has room for `(count + 2) / 3 * 4` characters.
/// Returns the number of characters.
size_t cv_base64_encode(const uint8_t *bytes, size_t count, uint8_t *out);

// MARK: JSON

/// cv_string_stop for pieces of any length, out of line.
const uint8_t *cv_string_stop_far(const uint8_t *at, const uint8_t *end);

/// The first byte from `at` on that ends a plain piece of a JSON string: a quote, a backslash or a control
/// character (below 0x20). `end` when there is none before it.
///
/// The first 16 bytes are looked at in place, since most names and values of a row end within them.
static inline const uint8_t *cv_string_stop(const uint8_t *at, const uint8_t *end) {
#if defined(__x86_64__)
    __m128i v = _mm_loadu_si128((const __m128i *)at);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1F)), v);
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"')), backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    unsigned stops = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control));
    if (stops != 0) {
        at += __builtin_ctz(stops);
        return at < end ? at : end;
    }
#elif defined(__aarch64__)
    uint8x16_t v = vld1q_u8(at);
    uint8x16_t stop = vorrq_u8(vceqq_u8(v, vdupq_n_u8('"')), vceqq_u8(v, vdupq_n_u8('\\')));
    stop = vorrq_u8(stop, vcltq_u8(v, vdupq_n_u8(0x20)));
    // Four bits for each byte: NEON has no movemask, but narrows with a shift.
    uint64_t stops = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(stop), 4)), 0);
    if (stops != 0) {
        at += __builtin_ctzll(stops) >> 2;
        return at < end ? at : end;
    }
#else
    return cv_string_stop_far(at, end);
#endif
    return end - at <= 16 ? end : cv_string_stop_far(at + 16, end);
}

enum cv_json_kind {
    CV_JSON_OBJECT = 0,
    /// An array, string, number, true, false or null.
    CV_JSON_OTHER = 1,
    CV_JSON_MALFORMED = 2,
    CV_JSON_TOO_DEEP = 3,
    CV_JSON_NOT_UTF8 = 4,
};

enum {
    /// White space outside strings holds \n or \r: the text takes more than one line.
    CV_JSON_LINE_BREAKS = 1,
    /// A string holds a \uD800 to \uDFFF that is not half of a pair: legal in RFC 8259, refused by some readers.
    CV_JSON_LONE_SURROGATE = 2,
    /// The text has the shape that its outline expects.
    CV_JSON_EXPECTED_SHAPE = 4,
};

struct cv_json_verdict {
    /// The byte that cannot be where it is (`count` when the text ends too early): malformed, too deep, not
    /// UTF-8.
    size_t offset;
    /// An enum cv_json_kind.
    uint8_t kind;
    /// CV_JSON_LINE_BREAKS and the like: only when the text is valid.
    uint8_t traits;
};

/// Checks that `text` is exactly one JSON value by RFC 8259, nested no deeper than `depth` (at most
/// CV_JSON_DEEPEST), in UTF-8 without overlong forms, surrogates or a byte order mark. The first fault decides.
/// `outline` is filled where the text is valid; NULL where nobody asks for it.
struct cv_json_verdict cv_json_check(const uint8_t *text, size_t count, unsigned depth,
                                     struct cv_json_outline *outline);

// MARK: The shape of a JSON text: its brackets and names

/// Up to 16 bytes that end at a mark.
struct cv_json_piece {
    /// What stands there, the mark last; 0 where `counts` is 0.
    _Alignas(16) uint8_t bytes[16];
    /// 0xFF for each byte that counts, 0 for the rest.
    uint8_t counts[16];
};

/// The marks of a text that is remembered: the brackets and colons outside strings, with the names in front of the
/// colons.
struct cv_json_shape {
    /// One for each mark, in the text's order; for a name that takes more than one, those in front of it follow, each
    /// 16 bytes before the last.
    const struct cv_json_piece *pieces;
    /// How many further pieces each mark has; NULL where none has any.
    const uint32_t *further;
    uint32_t mark_count;
};

/// Where a valid text has its marks.
struct cv_json_outline {
    /// One word for each 64 bytes, with one bit for each byte, the first byte lowest, set where a mark is.
    /// The caller's memory, with room for `count / 64 + 1` words.
    uint64_t *words;
    /// The shape that the text probably has, which CV_JSON_EXPECTED_SHAPE says; NULL where nothing is expected.
    const struct cv_json_shape *expected;
    size_t word_count;
    uint32_t mark_count;
};

/// Whether a text has this very shape: the same bytes at each of its marks.
/// The text has passed cv_json_check, with this outline. CV_LEAD bytes in front of it are read, and may be anything.
bool cv_json_has_shape(const uint8_t *text, const struct cv_json_outline *outline, const struct cv_json_shape *shape);

// MARK: The scalars of texts of one shape

/// What the type of a column depends on.
enum cv_json_scalar {
    CV_JSON_NULL = 0,
    CV_JSON_BOOLEAN = 1,
    /// Within ±2^53: any double is as good.
    CV_JSON_INTEGER = 2,
    /// Beyond that, within 64 bits.
    CV_JSON_WIDE = 3,
    /// With a fraction or an exponent.
    CV_JSON_DOUBLE = 4,
    /// A string; or a number that neither 64 bits nor a double can hold.
    CV_JSON_TEXT = 5,
};

/// What is known of the scalars after a mark.
struct cv_json_scalar_place {
    uint8_t state;
    /// The length of the mark's name, with the quotes.
    uint8_t name;
};

/// Makes `places`, one for each mark, those of texts with this one's shape of which none has been looked at.
/// The text is an object that has passed cv_json_check, with this outline.
void cv_json_scalars_begin(const uint8_t *text, const struct cv_json_outline *outline,
                           struct cv_json_scalar_place *places);

/// Adds the scalars of another text of that shape. Returns whether there was one whose kind the earlier ones at its
/// place did not hold, elements of an array together.
bool cv_json_take_scalars(const uint8_t *text, const struct cv_json_outline *outline,
                          struct cv_json_scalar_place *places);

/// Whether a text has this very shape, as cv_json_has_shape says it, and the places hold all its scalars.
bool cv_json_follows(const uint8_t *text, const struct cv_json_outline *outline, const struct cv_json_shape *shape,
                     const struct cv_json_scalar_place *places);

typedef int32_t cv_json_accepts_function(const uint8_t *text, size_t count, unsigned depth,
                                         struct cv_json_outline *outline);
extern cv_json_accepts_function *cv_json_accepts_chosen;

/// The first half of cv_json_check, for who knows what the answer will be: of a valid text its kind, with its traits
/// from bit 8 on; negative where the text is to be read again. cv_json_verdict is the other half.
static inline int32_t cv_json_accepts(const uint8_t *text, size_t count, unsigned depth,
                                      struct cv_json_outline *outline) {
    return cv_json_accepts_chosen(text, count, depth, outline);
}

/// What cv_json_check says of a text of which cv_json_accepts has said `accepted`.
struct cv_json_verdict cv_json_verdict(int32_t accepted, const uint8_t *text, size_t count, unsigned depth,
                                       struct cv_json_outline *outline);

/// Removes, in place, each run of white space outside strings that holds \n or \r; leaves any other white space.
/// The text should have passed cv_json_check: in other text it may take a string's end for its start.
/// Returns the new length.
size_t cv_json_remove_line_breaks(uint8_t *text, size_t count);

#endif
