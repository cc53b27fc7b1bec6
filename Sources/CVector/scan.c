// The end of a plain piece of a JSON string: the reference, and the choice of path.
#include "kernels.h"

const uint8_t *cv_string_stop(const uint8_t *at, const uint8_t *end) {
    switch (cv_chosen) {
    default: return cv_string_stop_scalar(at, end);
    }
}

const uint8_t *cv_string_stop_scalar(const uint8_t *at, const uint8_t *end) {
    while (at < end && *at != '"' && *at != '\\' && *at >= 0x20) at++;
    return at;
}
