// The check of one JSON value, 64 bytes at a time, without looking at single bytes.
//
// Each class of byte (quotes, digits, commas …) becomes a 64-bit word with one bit for each byte of the block, the
// first byte lowest. A rule of the grammar is then a few operations on words: "a dot stands after a digit" is `dot &
// ~(digit << 1)`, which is zero unless the rule is broken. What a rule needs from the block before is carried in
// `struct carries`. Only brackets, escapes, literals and exponents are visited one by one: rows have few of them.
//
// This says "valid" or nothing. What it does not accept, the reference reads again to say why and where.
//
// A file that includes this defines, for its instructions: CV_TARGET (a function attribute), `block` (64 bytes) and
//   load(p) blank(block, n): bytes from the n-th on become 0x7F, which belongs to no class
//   eq(block, c) eq_bit5(block, c): equal to c, or to c once bit 5 is set   digits(block) controls(block) high(block)
//   unusual(block): whether any byte is a backslash, a control or not ASCII   prefix_xor(word)
#ifndef CV_JSON_BLOCKS_H
#define CV_JSON_BLOCKS_H

#include <string.h>

#include "kernels.h"

#define INLINE CV_TARGET static inline __attribute__((always_inline))
#define RARE CV_TARGET static __attribute__((noinline))

typedef uint64_t bits;

/// What is open: nothing yet, an array, an object.
enum context { TOP, ARRAY, OBJECT };

/// What a block leaves to the next one. A carry is 1 when something reaches that block's first byte.
struct carries {
    bits in_string;  // all ones inside a string
    // Behind a byte of that kind.
    bits scalar, dot, zero;
    // Next token (white space skipped) after a comma, colon, opening bracket, name.
    bits comma, colon, opener, name;
    // Inside a name; inside the digits of a fraction.
    bits in_name, in_fraction;
    bits errors;
};

/// What few blocks have, and the functions for it, which are not inlined: so the registers are left to the usual
/// blocks.
struct rarities {
    bits escaped, minus;
    // Literals and exponents; `rare` when any of these is set, `odd` when that or `minus` is.
    bits odd, rare, literal, literal_end, exponent, plus, sign, in_exponent;
    bits errors, high;
    size_t low_surrogate;  // where the second half of a pair is known to stand
    uint8_t traits;
};

/// The bits after those of `x`.
INLINE bits after(bits x, bits *carry) {
    bits shifted = x << 1 | *carry;
    *carry = x >> 63;
    return shifted;
}

/// The first bits not in `run` from those of `start` on: adding lets each bit run along the ones it meets.
INLINE bits past(bits start, bits run, bits *overflow) {
    bits sum;
    *overflow = __builtin_add_overflow(start, run, &sum);
    return sum & ~run;
}

/// The same for bits that `after` has moved, whose carry may be set already.
INLINE bits past_white(bits start, bits white, bits *carry) {
    bits overflow, end = past(start, white, &overflow);
    *carry |= overflow;
    return end;
}

/// Checks the escape whose backslash is at `at`; a backslash outside strings is found elsewhere. The bytes after the
/// end may be read: a text that ends inside an escape ends inside a string, and is refused for that.
INLINE bool escape_valid(const uint8_t *text, size_t at, struct rarities *c) {
    switch (text[at + 1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': return true;
    case 'u': break;
    default: return false;
    }
    int32_t unit = cv_hex4(text + at + 2);
    if (unit < 0xD800 || unit > 0xDFFF) return unit >= 0;
    if (unit >= 0xDC00) {
        if (c->low_surrogate != at) c->traits |= CV_JSON_LONE_SURROGATE;
        return true;
    }
    int32_t low = text[at + 6] == '\\' && text[at + 7] == 'u' ? cv_hex4(text + at + 8) : -1;
    if (low >= 0xDC00 && low <= 0xDFFF) c->low_surrogate = at + 6;
    else c->traits |= CV_JSON_LONE_SURROGATE;
    return true;
}

/// The bytes that a backslash in front takes the meaning from.
RARE bits escaped_bytes(bits backslash, const uint8_t *text, size_t base, struct rarities *c) {
    bits escaped = c->escaped;
    backslash &= ~escaped;
    c->escaped = 0;
    while (backslash) {
        unsigned i = (unsigned)__builtin_ctzll(backslash);
        c->errors |= !escape_valid(text, base + i, c);
        escaped |= (bits)1 << i << 1;
        c->escaped = i == 63;
        backslash &= ~((bits)3 << i);  // and the one after it, if there is one
    }
    return escaped;
}

INLINE unsigned literal_length(const uint8_t *p, size_t remaining) {
    if (remaining >= 4 && (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0)) return 4;
    return remaining >= 5 && memcmp(p, "false", 5) == 0 ? 5 : 0;
}

/// Negative numbers, literals and exponents. Returns the bytes after the minus that a number begins with.
RARE bits odd_scalars(const block *at, const uint8_t *text, size_t base, size_t count, struct rarities *c, bits other,
                      bits scalar, bits start, bits digit, bits dot) {
    block b = *at;
    bits minus = other & eq(b, '-'), after_minus = after(minus, &c->minus);
    c->errors |= after_minus & ~digit;
    other &= ~minus;
    if (!(other | c->rare)) {
        c->errors |= minus & ~start;
        c->odd = c->minus;
        return after_minus;
    }

    bits literal = c->literal;
    c->literal = 0;
    for (bits letters = other & start; letters; letters &= letters - 1) {
        unsigned i = (unsigned)__builtin_ctzll(letters);
        unsigned length = literal_length(text + base + i, count - base - i);
        c->errors |= length == 0;
        bits mask = ((bits)1 << length) - 1;
        literal |= mask << i;
        if (i + length > 64) c->literal = mask >> (64 - i);
    }
    c->errors |= after(literal, &c->literal_end) & ~literal & scalar;
    other &= ~literal;

    bits exponent = other & eq_bit5(b, 'e'), plus = other & eq(b, '+');
    c->errors |= other & ~(exponent | plus);
    bits after_exponent = after(exponent, &c->exponent);
    bits sign = (minus | plus) & after_exponent;
    c->errors |= plus & ~after_exponent;
    c->errors |= after_exponent & ~(digit | sign);
    c->errors |= after(plus, &c->plus) & ~digit;
    bits after_sign = after(sign, &c->sign);
    bits first = (after_exponent & digit) | after_sign | c->in_exponent;
    c->errors |= past(first, digit, &c->in_exponent) & (dot | exponent);
    c->errors |= minus & ~(start | after_exponent);
    c->rare = c->literal | c->literal_end | c->exponent | c->plus | c->sign | c->in_exponent;
    c->odd = c->minus | c->rare;
    return after_minus & ~after_sign;
}

/// What cv_json_accepts says of `text`; if that is valid, its outline is in `outline`.
CV_TARGET static int32_t accepts(const uint8_t *text, size_t count, unsigned limit, struct cv_json_outline *outline) {
    if (limit > CV_JSON_DEEPEST) limit = CV_JSON_DEEPEST;
    struct carries c = {.colon = 1};  // a value may stand at the first token
    struct rarities rare = {.low_surrogate = SIZE_MAX};
    uint8_t outer[CV_JSON_DEEPEST];
    unsigned depth = 0;
    uint64_t *words = outline ? outline->words : NULL;
    uint32_t mark_count = 0;
    enum context context = TOP;

    // The last block has at least one byte after the text, where whatever is unfinished shows.
    for (size_t base = 0; base <= count; base += 64) {
        block b = load(text + base);
        bits nothing = 0;
        if (count - base < 64) {
            b = blank(b, count - base);
            nothing = ~(bits)0 << (count - base);
        }

        // Strings.
        bits quote = eq(b, '"'), white = eq(b, ' '), control = 0;
        if (unusual(b) | rare.escaped) {
            quote &= ~escaped_bytes(eq(b, '\\'), text, base, &rare);
            control = controls(b);
            rare.high |= high(b);
        }
        bits string = prefix_xor(quote) ^ c.in_string;  // from the opening quote to the last byte inside
        c.in_string = (bits)((int64_t)string >> 63);
        bits open = quote & string;
        white &= ~string;
        if (control) {
            c.errors |= control & string;
            bits line_break = (eq(b, '\n') | eq(b, '\r')) & ~string;
            if (line_break) rare.traits |= CV_JSON_LINE_BREAKS;
            white |= line_break | (eq(b, '\t') & ~string);
        }

        // Tokens outside strings. A scalar is anything else there: numbers, literals, rubbish.
        bits comma = eq(b, ',') & ~string, colon = eq(b, ':') & ~string;
        bits opener = eq_bit5(b, '{') & ~string, closer = eq_bit5(b, '}') & ~string;
        if (words) {
            *words = colon | opener | closer;
            mark_count += (uint32_t)__builtin_popcountll(*words++);
        }
        bits scalar = ~(string | quote | white | comma | colon | opener | closer | nothing);
        bits start = scalar & ~after(scalar, &c.scalar);

        // Numbers. Where a rule names no neighbour in front, the neighbour's own rule has seen to it.
        bits digit = digits(b), dot = eq(b, '.') & scalar, lead = start;
        bits other = scalar & ~(digit | dot);
        if (other | rare.odd) lead |= odd_scalars(&b, text, base, count, &rare, other, scalar, start, digit, dot);
        bits after_dot = after(dot, &c.dot);
        c.errors |= (dot & start) | (after_dot & ~digit);
        c.errors |= past(after_dot | c.in_fraction, digit, &c.in_fraction) & dot;
        c.errors |= after(eq(b, '0') & lead, &c.zero) & digit;

        // What may follow what, whatever is open.
        bits after_comma = after(comma, &c.comma), after_colon = after(colon, &c.colon);
        bits after_opener = after(opener, &c.opener);
        if (white) {
            after_comma = past_white(after_comma, white, &c.comma);
            after_colon = past_white(after_colon, white, &c.colon);
            after_opener = past_white(after_opener, white, &c.opener);
        }
        // Values stand after commas, colons and opening brackets, and something does stand there.
        bits value = open | start | opener;
        c.errors |= (value ^ (after_comma | after_colon | after_opener)) & ~(after_opener & closer);
        // A string after a comma or an opening bracket may be a name; a colon stands after nothing else.
        bits may_name = after_comma | after_opener;
        bits name_end = past((open & may_name) | c.in_name, string, &c.in_name);
        bits after_name = after(name_end, &c.name);
        if (white) after_name = past_white(after_name, white, &c.name);
        c.errors |= colon & ~after_name;

        // What may follow what in an object: names and nothing else after commas, a colon after each name.
        // In an array: no colon. Outside: neither comma nor colon.
        bits not_in_object = (may_name & ~(open | closer)) | (after_name & ~colon);
        bits not_outside = comma | colon;
        bits rest = ~(bits)0;
        for (bits brackets = opener | closer; brackets; brackets &= brackets - 1) {
            bits through = brackets ^ (brackets - 1);
            c.errors |= rest & through & (context == OBJECT ? not_in_object : context == ARRAY ? colon : not_outside);
            rest = ~through;
            uint8_t bracket = text[base + (unsigned)__builtin_ctzll(brackets)];
            if (bracket == '{' || bracket == '[') {
                if (depth == limit) return -1;
                outer[depth++] = (uint8_t)context;
                context = bracket == '{' ? OBJECT : ARRAY;
            } else {
                if (context != (bracket == '}' ? OBJECT : ARRAY)) return -1;
                context = (enum context)outer[--depth];
            }
        }
        c.errors |= rest & (context == OBJECT ? not_in_object : context == ARRAY ? colon : not_outside);
    }
    if (c.errors | rare.errors | c.in_string | depth) return -1;
    if (outline) rare.traits |= cv_json_outline_end(text, count, outline, mark_count);
    if (rare.high && !cv_utf8_valid(text, count)) return -1;
    return cv_json_accepted(cv_json_kind_of(text), rare.traits);
}

#endif
