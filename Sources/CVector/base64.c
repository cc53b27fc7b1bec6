// Base64: the reference, and the choice of path.
#include "kernels.h"

ptrdiff_t cv_base64_decode(const uint8_t *text, size_t count, uint8_t *out) {
    return cv_base64_decode_on(cv_chosen, text, count, out);
}

ptrdiff_t cv_base64_decode_on(enum cv_path path, const uint8_t *text, size_t count, uint8_t *out) {
    switch (path) {
#if CV_X86
    case CV_AVX512: return cv_base64_decode_avx512(text, count, out);
    case CV_AVX2: return cv_base64_decode_avx2(text, count, out);
    case CV_SSSE3: return cv_base64_decode_ssse3(text, count, out);
#elif CV_ARM
    case CV_NEON: return cv_base64_decode_neon(text, count, out);
#endif
    default: return cv_base64_decode_scalar(text, count, out);
    }
}

/// 0 to 63, or -1 for what is not in the alphabet ('=' is not).
static inline int digit(uint8_t c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

ptrdiff_t cv_base64_decode_scalar(const uint8_t *text, size_t count, uint8_t *out) {
    if (count == 0) return 0;
    if (count % 4 != 0) return -1;
    uint8_t *start = out;
    for (size_t i = 0; i < count - 4; i += 4) {
        int a = digit(text[i]), b = digit(text[i + 1]), c = digit(text[i + 2]), d = digit(text[i + 3]);
        if ((a | b | c | d) < 0) return -1;
        *out++ = (uint8_t)(a << 2 | b >> 4);
        *out++ = (uint8_t)(b << 4 | c >> 2);
        *out++ = (uint8_t)(c << 6 | d);
    }
    const uint8_t *last = text + count - 4;
    int padding = last[3] != '=' ? 0 : last[2] != '=' ? 1 : 2;
    int a = digit(last[0]), b = digit(last[1]);
    int c = padding == 2 ? 0 : digit(last[2]), d = padding >= 1 ? 0 : digit(last[3]);
    if ((a | b | c | d) < 0) return -1;
    *out++ = (uint8_t)(a << 2 | b >> 4);
    if (padding < 2) *out++ = (uint8_t)(b << 4 | c >> 2);
    if (padding < 1) *out++ = (uint8_t)(c << 6 | d);
    return out - start;
}

size_t cv_base64_encode(const uint8_t *bytes, size_t count, uint8_t *out) {
    static const uint8_t alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *start = out;
    size_t i = 0;
    for (; i + 3 <= count; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = alphabet[group >> 6 & 63];
        *out++ = alphabet[group & 63];
    }
    if (i < count) {
        bool two = count - i == 2;
        uint32_t group = (uint32_t)bytes[i] << 16 | (two ? (uint32_t)bytes[i + 1] << 8 : 0);
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = two ? alphabet[group >> 6 & 63] : '=';
        *out++ = '=';
    }
    return (size_t)(out - start);
}
