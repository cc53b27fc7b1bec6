// The reference check: RFC 8259's grammar, byte by byte. It has the last word on what is wrong and where; the vector
// paths only ever say "valid" themselves.
#include "kernels.h"

struct reader {
    const uint8_t *at, *start, *end;
    struct cv_json_outline *outline;
    uint32_t marks;
    uint8_t fault;
    uint8_t traits;
};

static bool fail(struct reader *r, enum cv_json_kind kind) {
    r->fault = (uint8_t)kind;
    return false;
}

/// Notes what is wrong with the byte at hand: bytes that are no UTF-8 at all are called so wherever they stand.
static bool unexpected(struct reader *r) {
    bool text = r->at == r->end || *r->at < 0x80 || cv_utf8_sequence(r->at, (size_t)(r->end - r->at)) > 0;
    return fail(r, text ? CV_JSON_MALFORMED : CV_JSON_NOT_UTF8);
}

/// Steps over a bracket or a colon.
static void mark(struct reader *r) {
    size_t place = (size_t)(r->at++ - r->start);
    r->marks++;
    if (r->outline) r->outline->words[place / 64] |= (uint64_t)1 << place % 64;
}

static inline uint8_t peek(const struct reader *r) { return r->at < r->end ? *r->at : 0; }

static void white_space(struct reader *r) {
    for (; r->at < r->end; r->at++) {
        if (*r->at == '\n' || *r->at == '\r') r->traits |= CV_JSON_LINE_BREAKS;
        else if (*r->at != ' ' && *r->at != '\t') return;
    }
}

static bool digits(struct reader *r) {
    if (peek(r) < '0' || peek(r) > '9') return unexpected(r);
    while (peek(r) >= '0' && peek(r) <= '9') r->at++;
    return true;
}

static bool number(struct reader *r) {
    if (peek(r) == '-') r->at++;
    if (peek(r) == '0') r->at++;
    else if (!digits(r)) return false;
    if (peek(r) == '.') {
        r->at++;
        if (!digits(r)) return false;
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        r->at++;
        if (peek(r) == '+' || peek(r) == '-') r->at++;
        if (!digits(r)) return false;
    }
    return true;
}

static bool literal(struct reader *r, const char *name) {
    for (; *name; name++, r->at++)
        if (peek(r) != (uint8_t)*name) return unexpected(r);
    return true;
}

/// The four digits after \u, or -1 with `at` on the first byte that is none.
static int32_t code_unit(struct reader *r) {
    int32_t unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        uint8_t c = peek(r), letter = c | 0x20;
        if (c >= '0' && c <= '9') unit = unit << 4 | (c - '0');
        else if (letter >= 'a' && letter <= 'f') unit = unit << 4 | (letter - 'a' + 10);
        else return -1;
    }
    return unit;
}

/// From after the backslash.
static bool escape(struct reader *r) {
    switch (peek(r)) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': r->at++; return true;
    case 'u': break;
    default: return unexpected(r);
    }
    r->at++;
    int32_t unit = code_unit(r);
    if (unit < 0) return unexpected(r);
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    // The second half is only looked at here; when it is not one, the loop over the string reads it anew.
    bool pair = unit < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u';
    int32_t low = pair ? cv_hex4(r->at + 2) : -1;
    if (low >= 0xDC00 && low <= 0xDFFF) r->at += 6;
    else r->traits |= CV_JSON_LONE_SURROGATE;
    return true;
}

/// From the opening quote.
static bool string(struct reader *r) {
    if (peek(r) != '"') return unexpected(r);
    r->at++;
    while (r->at < r->end) {
        uint8_t c = *r->at;
        if (c < 0x20) return unexpected(r);
        if (c >= 0x80) {
            unsigned length = cv_utf8_sequence(r->at, (size_t)(r->end - r->at));
            if (length == 0) return unexpected(r);
            r->at += length;
            continue;
        }
        r->at++;
        if (c == '"') return true;
        if (c == '\\' && !escape(r)) return false;
    }
    return unexpected(r);
}

/// A member's name and its colon.
static bool name(struct reader *r) {
    white_space(r);
    if (!string(r)) return false;
    white_space(r);
    if (peek(r) != ':') return unexpected(r);
    mark(r);
    return true;
}

/// One value with everything in it. The open brackets are kept in an array rather than on the call stack: a text
/// of nothing but brackets must not be able to end the process.
static bool value(struct reader *r, unsigned limit) {
    uint8_t closers[CV_JSON_DEEPEST];
    unsigned depth = 0;
    for (;;) {
        white_space(r);
        bool opened = false;
        switch (peek(r)) {
        case '{': case '[':
            if (depth == limit) return fail(r, CV_JSON_TOO_DEEP);
            closers[depth++] = *r->at + 2;  // '{' + 2 is '}', '[' + 2 is ']'
            mark(r);
            opened = true;
            break;
        case '"': if (!string(r)) return false; break;
        case 't': if (!literal(r, "true")) return false; break;
        case 'f': if (!literal(r, "false")) return false; break;
        case 'n': if (!literal(r, "null")) return false; break;
        case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
            if (!number(r)) return false;
            break;
        default: return unexpected(r);
        }
        // Behind a value (or an opening bracket): close what closes, then come to the next value.
        for (;;) {
            if (depth == 0) return true;
            white_space(r);
            if (peek(r) == closers[depth - 1]) {
                mark(r);
                depth--;
                opened = false;
                continue;
            }
            if (!opened) {
                if (peek(r) != ',') return unexpected(r);
                r->at++;
            }
            if (closers[depth - 1] == '}' && !name(r)) return false;
            break;
        }
    }
}

struct cv_json_verdict cv_json_check_scalar(const uint8_t *text, size_t count, unsigned depth,
                                            struct cv_json_outline *outline) {
    struct reader r = {text, text, text + count, outline, 0, CV_JSON_OTHER, 0};
    if (outline) memset(outline->words, 0, (count / 64 + 1) * sizeof(uint64_t));
    white_space(&r);
    bool object = peek(&r) == '{';
    bool valid = value(&r, depth);
    if (valid) {
        white_space(&r);
        valid = r.at == r.end || unexpected(&r);
    }
    if (!valid) return (struct cv_json_verdict){(size_t)(r.at - text), r.fault, 0};
    if (outline) r.traits |= cv_json_outline_end(text, count, outline, r.marks);
    return (struct cv_json_verdict){count, object ? CV_JSON_OBJECT : CV_JSON_OTHER, r.traits};
}
