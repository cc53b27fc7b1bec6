// The end of a plain piece of a JSON string, for arm64.
#include "kernels.h"
#if CV_ARM
#include <arm_neon.h>

const uint8_t *cv_string_stop_neon(const uint8_t *at, const uint8_t *end) {
    for (; at < end; at += 16) {
        uint8x16_t v = vld1q_u8(at);
        uint8x16_t quote = vceqq_u8(v, vdupq_n_u8('"')), backslash = vceqq_u8(v, vdupq_n_u8('\\'));
        uint8x16_t stop = vorrq_u8(vorrq_u8(quote, backslash), vcltq_u8(v, vdupq_n_u8(0x20)));
        // Four bits for each byte: NEON has no movemask, but narrows with a shift.
        uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(stop), 4);
        uint64_t stops = vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
        if (stops == 0) continue;
        at += __builtin_ctzll(stops) >> 2;
        break;
    }
    return at < end ? at : end;
}
#endif
