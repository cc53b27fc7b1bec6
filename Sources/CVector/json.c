// The check of one JSON value: the choice of path.
#include "kernels.h"

struct cv_json_verdict cv_json_check(const uint8_t *text, size_t count, unsigned depth) {
    if (depth > CV_JSON_DEEPEST) depth = CV_JSON_DEEPEST;
    return cv_json_check_scalar(text, count, depth);
}
