// The check of one JSON value: the choice of path.
#include "kernels.h"

static int32_t accepts_none(const uint8_t *text, size_t count, unsigned depth, struct cv_json_outline *outline) {
    (void)text, (void)count, (void)depth, (void)outline;
    return -1;
}

static cv_json_accepts_function *function(enum cv_path path) {
    switch (path) {
#if CV_X86
    case CV_AVX512:
    case CV_AVX2: return cv_json_accepts_avx2;
    case CV_SSSE3: return cv_json_accepts_sse2;
#elif CV_ARM
    case CV_NEON: return cv_json_accepts_neon;
#endif
    default: return accepts_none;
    }
}

cv_json_accepts_function *cv_json_accepts_chosen = accepts_none;

void cv_json_choose(enum cv_path path) { cv_json_accepts_chosen = function(path); }

struct cv_json_verdict cv_json_verdict(int32_t accepted, const uint8_t *text, size_t count, unsigned depth,
                                       struct cv_json_outline *outline) {
    if (depth > CV_JSON_DEEPEST) depth = CV_JSON_DEEPEST;
    if (accepted < 0) return cv_json_check_scalar(text, count, depth, outline);
    return (struct cv_json_verdict){count, (uint8_t)accepted, (uint8_t)(accepted >> 8)};
}

struct cv_json_verdict cv_json_check(const uint8_t *text, size_t count, unsigned depth,
                                     struct cv_json_outline *outline) {
    return cv_json_verdict(cv_json_accepts(text, count, depth, outline), text, count, depth, outline);
}

struct cv_json_verdict cv_json_check_on(enum cv_path path, const uint8_t *text, size_t count, unsigned depth,
                                        struct cv_json_outline *outline) {
    return cv_json_verdict(function(path)(text, count, depth, outline), text, count, depth, outline);
}
