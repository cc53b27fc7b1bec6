// The check of one JSON value: the choice of path.
#include "kernels.h"

static inline bool accepts(enum cv_path path, const uint8_t *text, size_t count, unsigned depth, uint8_t *traits) {
    switch (path) {
#if CV_X86
    case CV_AVX512:
    case CV_AVX2: return cv_json_accepts_avx2(text, count, depth, traits);
    case CV_SSSE3: return cv_json_accepts_sse2(text, count, depth, traits);
#elif CV_ARM
    case CV_NEON: return cv_json_accepts_neon(text, count, depth, traits);
#endif
    default: return false;
    }
}

struct cv_json_verdict cv_json_check(const uint8_t *text, size_t count, unsigned depth) {
    return cv_json_check_on(cv_chosen, text, count, depth);
}

struct cv_json_verdict cv_json_check_on(enum cv_path path, const uint8_t *text, size_t count, unsigned depth) {
    if (depth > CV_JSON_DEEPEST) depth = CV_JSON_DEEPEST;
    uint8_t traits = 0;
    if (!accepts(path, text, count, depth, &traits)) return cv_json_check_scalar(text, count, depth);
    const uint8_t *first = text;
    while (*first == ' ' || *first == '\n' || *first == '\r' || *first == '\t') first++;
    return (struct cv_json_verdict){count, *first == '{' ? CV_JSON_OBJECT : CV_JSON_OTHER, traits};
}
