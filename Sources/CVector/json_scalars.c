// What the scalars of a JSON text are, as far as the type of a column depends on it.
#include <math.h>
#include <stdlib.h>

#include "kernels.h"

/// The kinds that a kind holds, itself included, as bits.
static const uint8_t holds[] = {
    [CV_JSON_NULL] = 1 << CV_JSON_NULL,
    [CV_JSON_BOOLEAN] = 1 << CV_JSON_NULL | 1 << CV_JSON_BOOLEAN,
    [CV_JSON_INTEGER] = 1 << CV_JSON_NULL | 1 << CV_JSON_INTEGER,
    [CV_JSON_WIDE] = 1 << CV_JSON_NULL | 1 << CV_JSON_INTEGER | 1 << CV_JSON_WIDE,
    [CV_JSON_DOUBLE] = 1 << CV_JSON_NULL | 1 << CV_JSON_INTEGER | 1 << CV_JSON_DOUBLE,
    [CV_JSON_TEXT] = 0x3F,
};

/// What comes after a mark, with the kind that holds all that stood there so far; 0 where nothing is to be looked at.
enum { VALUE = 0x10, ELEMENTS = 0x08, KIND = 0x07 };

/// The kinds that hold a value with this first byte: of a number those that hold a small integer. No kind is ELEMENTS
/// or beyond.
#define ANY 0x3F
#define NUMBER (1 << CV_JSON_INTEGER | 1 << CV_JSON_WIDE | 1 << CV_JSON_DOUBLE)
static const uint8_t holders[256] = {
    ['-'] = NUMBER, ['0'] = NUMBER, ['1'] = NUMBER, ['2'] = NUMBER, ['3'] = NUMBER, ['4'] = NUMBER, ['5'] = NUMBER,
    ['6'] = NUMBER, ['7'] = NUMBER, ['8'] = NUMBER, ['9'] = NUMBER, ['n'] = ANY,
};

static inline bool is_white(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// The first byte from `at` on that is no digit. There is one before the text ends: it is an object.
static inline const uint8_t *past_digits(const uint8_t *at) {
    for (;; at += 8) {
        uint64_t bytes;
        memcpy(&bytes, at, 8);
        // A digit becomes 0 to 9. What a byte carries into the next one cannot hide a first one that is no digit.
        bytes ^= 0x3030303030303030;
        bytes = ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;
        if (bytes) return at + (__builtin_ctzll(bytes) >> 3);
    }
}

/// An integer of more than 15 digits.
static __attribute__((noinline)) enum cv_json_scalar long_integer(const uint8_t *at, size_t count, bool negative) {
    if (count > 19) return CV_JSON_TEXT;
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) value = value * 10 + (at[i] - '0');
    if (value <= (uint64_t)1 << 53) return CV_JSON_INTEGER;
    return value <= (uint64_t)INT64_MAX + negative ? CV_JSON_WIDE : CV_JSON_TEXT;
}

/// A number that may be beyond all doubles. The byte after it belongs to no number, so strtod stops there.
static __attribute__((noinline)) enum cv_json_scalar large_double(const uint8_t *start) {
    return isinf(strtod((const char *)start, NULL)) ? CV_JSON_TEXT : CV_JSON_DOUBLE;
}

static inline enum cv_json_scalar number(const uint8_t *start, const uint8_t **end) {
    bool negative = *start == '-';
    const uint8_t *first = start + negative, *at = past_digits(first);
    size_t count = (size_t)(at - first);
    bool fraction = *at == '.';
    if (fraction) at = past_digits(at + 1);
    bool exponent = (*at | 0x20) == 'e';
    if (exponent) at = past_digits(at + 1 + (at[1] == '+' || at[1] == '-'));
    *end = at;
    if (exponent || (fraction && count > 300)) return large_double(start);
    if (fraction) return CV_JSON_DOUBLE;
    return count <= 15 ? CV_JSON_INTEGER : long_integer(first, count, negative);
}

/// `end` is not set for a string.
static inline enum cv_json_scalar scalar(const uint8_t *at, const uint8_t **end) {
    uint8_t c = *at;
    if (c == '-' || (uint8_t)(c - '0') < 10) return number(at, end);
    *end = at + (c == 'f' ? 5 : 4);
    return c == '"' ? CV_JSON_TEXT : c == 'n' ? CV_JSON_NULL : CV_JSON_BOOLEAN;
}

/// Whether the state's kind had to change.
static inline bool take(uint8_t *state, enum cv_json_scalar kind) {
    uint8_t so_far = *state & KIND;
    if (holds[so_far] >> kind & 1) return false;
    enum cv_json_scalar both = holds[kind] >> so_far & 1 ? kind : CV_JSON_TEXT;
    // Text holds whatever may come.
    *state = both == CV_JSON_TEXT ? 0 : (uint8_t)((*state & ~KIND) | both);
    return true;
}

/// The scalars of an array from after a mark up to the next bracket.
static bool take_elements(const uint8_t *at, uint8_t *state) {
    bool news = false;
    for (;;) {
        while (*at == ',' || is_white(*at)) at++;
        uint8_t bracket = *at | 0x20;
        if (bracket == '{' || bracket == '}') return news;
        news |= take(state, scalar(at, &at));
        if (!*state) return true;
    }
}

/// What comes after a mark.
static bool take_place(const uint8_t *at, uint8_t *state) {
    if (*state & ELEMENTS) return take_elements(at, state);
    const uint8_t *end;
    while (is_white(*at)) at++;
    return take(state, scalar(at, &end));
}

static __attribute__((noinline)) bool place_holds(const uint8_t *at, uint8_t state) { return !take_place(at, &state); }

/// Whether the first bytes, 15 at most, hold an exponent, or where `kind` is no double a fraction.
/// True as well where this is not known.
static inline bool has_fraction(const uint8_t *at, size_t count, unsigned kind) {
#if CV_X86
    __m128i v = _mm_loadu_si128((const __m128i *)at);
    __m128i found = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('e'));
    if (kind != CV_JSON_DOUBLE) found = _mm_or_si128(found, _mm_cmpeq_epi8(v, _mm_set1_epi8('.')));
    return ((unsigned)_mm_movemask_epi8(found) & ((1u << count) - 1)) != 0;
#elif CV_ARM
    uint8x16_t v = vld1q_u8(at);
    uint8x16_t found = vceqq_u8(vorrq_u8(v, vdupq_n_u8(0x20)), vdupq_n_u8('e'));
    if (kind != CV_JSON_DOUBLE) found = vorrq_u8(found, vceqq_u8(v, vdupq_n_u8('.')));
    uint64_t four_bits_each = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(found), 4)), 0);
    return (four_bits_each & (((uint64_t)1 << 4 * count) - 1)) != 0;
#else
    return (void)at, (void)count, (void)kind, true;
#endif
}

/// Whether a place holds the value between `at` and the next mark. Nearly all are told without finding their end: the
/// next mark and the name in front of it say how long they are at most, and no integer of 15 characters is a wide one.
static inline bool holds_value(const uint8_t *at, const uint8_t *end, uint8_t state) {
    const uint8_t *value = at + (*at == ' ');
    size_t count = (size_t)(end - value);
    if ((holders[*value] >> (state & (ELEMENTS | KIND)) & 1) && count < 16 && !has_fraction(value, count, state & KIND))
        return true;
    return place_holds(at, state);
}

/// One loop for the names and the scalars: finding the marks is half of the work.
static inline __attribute__((always_inline)) bool follows(const uint8_t *text, const struct cv_json_outline *outline,
                                                          const struct cv_json_piece *piece,
                                                          const struct cv_json_scalar_place *place) {
    sixteen differences = {0};
    uint8_t state = 0;
    const uint8_t *at = text;
    const uint64_t *words = outline->words, *end = words + outline->word_count;
    for (; words < end; words++, text += 64) {
        for (uint64_t word = *words; word; word &= word - 1, place++) {
            const uint8_t *mark = text + __builtin_ctzll(word);
            if (piece) differences |= cv_json_difference(mark, piece++);
            if (state && !holds_value(at, mark - place->name, state)) return false;
            state = place->state;
            at = mark + 1;
        }
    }
    return cv_json_is_zero(differences);
}

bool cv_json_follows(const uint8_t *text, const struct cv_json_outline *outline, const struct cv_json_shape *shape,
                     const struct cv_json_scalar_place *places) {
    if (outline->mark_count != shape->mark_count) return false;
    if (!shape->further) return follows(text, outline, shape->pieces, places);
    return cv_json_has_long_shape(text, outline, shape) && follows(text, outline, NULL, places);
}

bool cv_json_take_scalars(const uint8_t *text, const struct cv_json_outline *outline,
                          struct cv_json_scalar_place *places) {
    bool news = false;
    for (size_t i = 0; i < outline->word_count; i++, text += 64)
        for (uint64_t word = outline->words[i]; word; word &= word - 1, places++)
            if (places->state) news |= take_place(text + __builtin_ctzll(word) + 1, &places->state);
    return news;
}

/// Whether an odd number of backslashes is in front; at the latest, a name's opening quote or a bracket ends them.
static bool is_escaped(const uint8_t *at) {
    size_t count = 0;
    while (at[-1 - (ptrdiff_t)count] == '\\') count++;
    return count % 2;
}

/// How many bytes in front of a colon are its name's, quotes included; 0 where there are too many to say.
static uint8_t name_length(const uint8_t *colon) {
    const uint8_t *at = colon - 1;
    while (*at != '"') at--;
    do at--;
    while (*at != '"' || is_escaped(at));
    return colon - at > UINT8_MAX ? 0 : (uint8_t)(colon - at);
}

void cv_json_scalars_begin(const uint8_t *text, const struct cv_json_outline *outline,
                           struct cv_json_scalar_place *places) {
    bool in_array[CV_JSON_DEEPEST + 1] = {false};
    unsigned depth = 0;
    for (size_t i = 0; i < outline->word_count; i++) {
        for (uint64_t word = outline->words[i]; word; word &= word - 1) {
            const uint8_t *mark = text + i * 64 + __builtin_ctzll(word), *value = mark + 1;
            struct cv_json_scalar_place place = {0, 0};
            if (*mark == ':') {
                while (is_white(*value)) value++;
                if (*value != '{' && *value != '[') place.state = VALUE;
                place.name = name_length(mark);
            } else {
                if (*mark == '{' || *mark == '[') in_array[++depth] = *mark == '[';
                else depth--;
                if (in_array[depth]) place.state = ELEMENTS;
            }
            *places++ = place;
        }
    }
}
