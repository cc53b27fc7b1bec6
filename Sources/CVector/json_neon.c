// The check of JSON by blocks for arm64: NEON, part of every such CPU.
#include "kernels.h"
#if CV_ARM
#include <arm_neon.h>

#define CV_TARGET
#define OP static inline __attribute__((always_inline))

typedef struct { uint8x16_t v[4]; } block;

/// One bit for each byte of four registers that hold 0x00 or 0xFF: NEON has no movemask, so each byte keeps the bit of
/// its place in a group of eight and neighbours are added up.
OP uint64_t word(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) {
    const uint8x16_t place = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t ab = vpaddq_u8(vandq_u8(a, place), vandq_u8(b, place));
    uint8x16_t cd = vpaddq_u8(vandq_u8(c, place), vandq_u8(d, place));
    uint8x16_t all = vpaddq_u8(ab, cd);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

#define EACH(f) word(f(b.v[0]), f(b.v[1]), f(b.v[2]), f(b.v[3]))

OP block load(const uint8_t *p) {
    return (block){{vld1q_u8(p), vld1q_u8(p + 16), vld1q_u8(p + 32), vld1q_u8(p + 48)}};
}

OP block blank(block b, size_t count) {
    const uint8x16_t index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (int i = 0; i < 4; i++) {
        uint8x16_t keep = vcltq_u8(vaddq_u8(index, vdupq_n_u8((uint8_t)(16 * i))), vdupq_n_u8((uint8_t)count));
        b.v[i] = vbslq_u8(keep, b.v[i], vdupq_n_u8(0x7F));
    }
    return b;
}

OP uint64_t eq(block b, char c) {
    uint8x16_t wanted = vdupq_n_u8((uint8_t)c);
    return word(vceqq_u8(b.v[0], wanted), vceqq_u8(b.v[1], wanted), vceqq_u8(b.v[2], wanted), vceqq_u8(b.v[3], wanted));
}

OP uint64_t eq_bit5(block b, char c) {
    for (int i = 0; i < 4; i++) b.v[i] = vorrq_u8(b.v[i], vdupq_n_u8(0x20));
    return eq(b, c);
}

OP uint8x16_t is_digit(uint8x16_t v) { return vcleq_u8(vsubq_u8(v, vdupq_n_u8('0')), vdupq_n_u8(9)); }
OP uint8x16_t is_control(uint8x16_t v) { return vcltq_u8(v, vdupq_n_u8(0x20)); }
OP uint8x16_t is_high(uint8x16_t v) { return vcgeq_u8(v, vdupq_n_u8(0x80)); }

/// Signed, controls and bytes that are not ASCII are less than a space.
OP uint8x16_t is_unusual(uint8x16_t v) {
    return vorrq_u8(vcltq_s8(vreinterpretq_s8_u8(v), vdupq_n_s8(' ')), vceqq_u8(v, vdupq_n_u8('\\')));
}

OP uint64_t digits(block b) { return EACH(is_digit); }
OP uint64_t controls(block b) { return EACH(is_control); }
OP uint64_t high(block b) { return EACH(is_high); }

OP uint64_t unusual(block b) {
    uint8x16_t any = vorrq_u8(vorrq_u8(is_unusual(b.v[0]), is_unusual(b.v[1])),
                              vorrq_u8(is_unusual(b.v[2]), is_unusual(b.v[3])));
    return vmaxvq_u8(any);
}

/// Each bit becomes the parity of the bits up to it. (One instruction with the crypto extension, which is optional.)
OP uint64_t prefix_xor(uint64_t x) {
    for (int shift = 1; shift < 64; shift *= 2) x ^= x << shift;
    return x;
}

#include "json_blocks.h"

int32_t cv_json_accepts_neon(const uint8_t *text, size_t count, unsigned depth,
                             struct cv_json_outline *outline) {
    return accepts(text, count, depth, outline);
}
#endif
