// The check of one JSON value: the choice of path.
#include "kernels.h"

static inline bool accepts(enum cv_path path, const uint8_t *text, size_t count, unsigned depth, uint8_t *traits,
                           struct cv_json_outline *outline) {
    switch (path) {
#if CV_X86
    case CV_AVX512:
    case CV_AVX2: return cv_json_accepts_avx2(text, count, depth, traits, outline);
    case CV_SSSE3: return cv_json_accepts_sse2(text, count, depth, traits, outline);
#elif CV_ARM
    case CV_NEON: return cv_json_accepts_neon(text, count, depth, traits, outline);
#endif
    default: return false;
    }
}

struct cv_json_verdict cv_json_check(const uint8_t *text, size_t count, unsigned depth,
                                     struct cv_json_outline *outline) {
    return cv_json_check_on(cv_chosen, text, count, depth, outline);
}

struct cv_json_verdict cv_json_check_on(enum cv_path path, const uint8_t *text, size_t count, unsigned depth,
                                        struct cv_json_outline *outline) {
    if (depth > CV_JSON_DEEPEST) depth = CV_JSON_DEEPEST;
    uint8_t traits = 0;
    if (!accepts(path, text, count, depth, &traits, outline)) return cv_json_check_scalar(text, count, depth, outline);
    const uint8_t *first = text;
    while (*first == ' ' || *first == '\n' || *first == '\r' || *first == '\t') first++;
    return (struct cv_json_verdict){count, *first == '{' ? CV_JSON_OBJECT : CV_JSON_OTHER, traits};
}
