// One JSON value on one line.
#include <string.h>

#include "kernels.h"

static inline bool white(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

size_t cv_json_remove_line_breaks(uint8_t *text, size_t count) {
    const uint8_t *at = text, *end = text + count;
    uint8_t *out = text;
    while (at < end) {
        const uint8_t *start = at;
        bool keep = true;
        if (*at == '"') {
            at++;
            while ((at = cv_string_stop(at, end)) < end && *at != '"') at += *at == '\\' && end - at > 1 ? 2 : 1;
            if (at < end) at++;
        } else if (white(*at)) {
            for (; at < end && white(*at); at++) keep &= *at != '\n' && *at != '\r';
        } else {
            while (at < end && *at != '"' && !white(*at)) at++;
        }
        if (!keep) continue;
        if (out != start) memmove(out, start, (size_t)(at - start));
        out += at - start;
    }
    return (size_t)(out - text);
}
