// The end of a plain piece of a JSON string: the reference, and the choice of path.
#include "kernels.h"

const uint8_t *cv_string_stop_far(const uint8_t *at, const uint8_t *end) {
    return cv_string_stop_on(cv_chosen, at, end);
}

const uint8_t *cv_string_stop_on(enum cv_path path, const uint8_t *at, const uint8_t *end) {
    switch (path) {
#if CV_X86
    case CV_AVX512:
    case CV_AVX2: return cv_string_stop_avx2(at, end);
    case CV_SSSE3: return cv_string_stop_sse2(at, end);
#elif CV_ARM
    case CV_NEON: return cv_string_stop_neon(at, end);
#endif
    default: return cv_string_stop_scalar(at, end);
    }
}

const uint8_t *cv_string_stop_scalar(const uint8_t *at, const uint8_t *end) {
    while (at < end && *at != '"' && *at != '\\' && *at >= 0x20) at++;
    return at;
}
