// Base64 decoding for arm64: loads that deal 64 characters out over four registers, stores that collect 48 bytes from
// three.
#include "kernels.h"
#if CV_ARM
#include <arm_neon.h>
#include <string.h>

/// The six bits of each character; `wrong` becomes non-zero when one is not in the alphabet.
static inline uint8x16_t six_bits(uint8x16_t text, uint8x16_t *wrong) {
    // The same tables as for x86-64.
    const uint8x16_t by_low = {0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                               0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A};
    const uint8x16_t by_high = {0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,
                                0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10};
    const uint8x16_t roll = {0, 16, 19, 4, (uint8_t)-65, (uint8_t)-65, (uint8_t)-71, (uint8_t)-71};
    uint8x16_t high = vshrq_n_u8(text, 4), low = vandq_u8(text, vdupq_n_u8(0x0F));
    *wrong = vorrq_u8(*wrong, vandq_u8(vqtbl1q_u8(by_high, high), vqtbl1q_u8(by_low, low)));
    uint8x16_t slash = vceqq_u8(text, vdupq_n_u8('/'));
    return vaddq_u8(text, vqtbl1q_u8(roll, vaddq_u8(slash, high)));
}

static inline void decode64(const uint8_t *text, uint8_t *out, uint8x16_t *wrong) {
    uint8x16x4_t in = vld4q_u8(text);
    uint8x16_t a = six_bits(in.val[0], wrong), b = six_bits(in.val[1], wrong);
    uint8x16_t c = six_bits(in.val[2], wrong), d = six_bits(in.val[3], wrong);
    uint8x16x3_t bytes = {{vorrq_u8(vshlq_n_u8(a, 2), vshrq_n_u8(b, 4)), vorrq_u8(vshlq_n_u8(b, 4), vshrq_n_u8(c, 2)),
                           vorrq_u8(vshlq_n_u8(c, 6), d)}};
    vst3q_u8(out, bytes);
}

ptrdiff_t cv_base64_decode_neon(const uint8_t *text, size_t count, uint8_t *out) {
    if (count == 0) return 0;
    if (count % 4 != 0) return -1;
    size_t padding = text[count - 1] != '=' ? 0 : text[count - 2] != '=' ? 1 : 2;
    size_t length = count / 4 * 3 - padding, left = count - padding;
    uint8x16_t wrong = vdupq_n_u8(0);
    for (; left >= 64; left -= 64, text += 64, out += 48) decode64(text, out, &wrong);
    if (left > 0) {
        // What lies after the last character counts as 'A', six zero bits.
        uint8_t last[64], bytes[48];
        memset(last, 'A', sizeof last);
        memcpy(last, text, left);
        decode64(last, bytes, &wrong);
        memcpy(out, bytes, left * 3 / 4);
    }
    return vmaxvq_u8(wrong) == 0 ? (ptrdiff_t)length : -1;
}
#endif
