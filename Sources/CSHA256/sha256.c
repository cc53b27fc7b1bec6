// Two lanes, each with a message of its own; a lane that is through with one takes the next.
#include "CSHA256.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1,ssse3")))
#define EACH_ROUND _Pragma("clang loop unroll(full)")

struct lane {
    uint32_t state[8];
    const struct csha256_message *message;  // NULL when there are no more
    const uint8_t *at;
    size_t blocks;  // left to do from `at` on
    bool padded;    // whether those are the last ones, which lie in `tail`
    uint8_t tail[128];
};

bool csha256_works(void) { return __builtin_cpu_supports("sha") && __builtin_cpu_supports("sse4.1"); }

static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The state as the instructions want it: a, b, e, f in one register and c, d, g, h in the other, the first one
/// highest.
struct state { __m128i abef, cdgh; };

SHA static struct state load(const uint32_t *words) {
    __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)words), 0xB1);
    __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(words + 4)), 0x1B);
    return (struct state){_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)};
}

SHA static void store(struct state state, uint32_t *words) {
    __m128i feba = _mm_shuffle_epi32(state.abef, 0x1B), dchg = _mm_shuffle_epi32(state.cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)words, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(words + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/// Four rounds of one lane, and its part of the message's schedule for the rounds to come. `m` holds the last 16 words
/// of the schedule. Inlined for both lanes in turn, so that each fills the other's waits.
SHA static inline __attribute__((always_inline)) void rounds(int i, struct state *s, __m128i *m, const uint8_t *block) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    int here = i & 3, next = (i + 1) & 3, last = (i + 3) & 3;
    if (i < 4) m[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block + i), big_endian);
    __m128i words = _mm_add_epi32(m[here], _mm_load_si128((const __m128i *)constants + i));
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, words);
    if (i >= 3 && i < 15)
        m[next] = _mm_sha256msg2_epu32(_mm_add_epi32(m[next], _mm_alignr_epi8(m[here], m[last], 4)), m[here]);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(words, 0x0E));
    if (i >= 1 && i < 13) m[last] = _mm_sha256msg1_epu32(m[last], m[here]);
}

/// Hashes this many blocks of both lanes.
SHA static void compress(struct lane *one, struct lane *other, size_t blocks) {
    struct state a = load(one->state), b = load(other->state);
    for (size_t n = 0; n < blocks; n++) {
        struct state a_before = a, b_before = b;
        __m128i a_words[4], b_words[4];
        EACH_ROUND for (int i = 0; i < 16; i++) {
            rounds(i, &a, a_words, one->at + 64 * n);
            rounds(i, &b, b_words, other->at + 64 * n);
        }
        a = (struct state){_mm_add_epi32(a.abef, a_before.abef), _mm_add_epi32(a.cdgh, a_before.cdgh)};
        b = (struct state){_mm_add_epi32(b.abef, b_before.abef), _mm_add_epi32(b.cdgh, b_before.cdgh)};
    }
    store(a, one->state);
    store(b, other->state);
}

/// The message's end: what fills no block, a one bit, zeros, and the length in bits (FIPS 180-4, 5.1.1).
static void pad(struct lane *lane) {
    size_t count = lane->message->count, rest = count % 64;
    lane->blocks = rest < 56 ? 1 : 2;
    memset(lane->tail, 0, sizeof lane->tail);
    if (rest > 0) memcpy(lane->tail, lane->at, rest);
    lane->tail[rest] = 0x80;
    uint64_t bits = __builtin_bswap64((uint64_t)count * 8);
    memcpy(lane->tail + lane->blocks * 64 - 8, &bits, 8);
    lane->at = lane->tail;
    lane->padded = true;
}

/// Gives a lane that has no blocks left the next ones it has to do, of its own message or of the next one; none where
/// that is shorter than a block.
static void refill(struct lane *lane, const struct csha256_message **next, const struct csha256_message *end) {
    if (lane->message != NULL && !lane->padded) return pad(lane);
    if (lane->message != NULL)
        for (int i = 0; i < 8; i++) {
            uint32_t word = __builtin_bswap32(lane->state[i]);
            memcpy(lane->message->digest + 4 * i, &word, 4);
        }
    lane->message = *next < end ? (*next)++ : NULL;
    if (lane->message == NULL) return;
    memcpy(lane->state, start, sizeof start);
    lane->at = lane->message->bytes;
    lane->blocks = lane->message->count / 64;
    lane->padded = false;
}

void csha256_all(const struct csha256_message *messages, size_t count) {
    const struct csha256_message *next = messages, *end = messages + count;
    struct lane lanes[2] = {0};
    struct lane *a = &lanes[0], *b = &lanes[1];
    refill(a, &next, end);
    refill(b, &next, end);
    while (a->message != NULL && b->message != NULL) {
        size_t blocks = a->blocks < b->blocks ? a->blocks : b->blocks;
        compress(a, b, blocks);
        for (int i = 0; i < 2; i++) {
            lanes[i].at += 64 * blocks;
            lanes[i].blocks -= blocks;
            if (lanes[i].blocks == 0) refill(&lanes[i], &next, end);
        }
    }
    // The longest message is alone at the end. Doing its blocks twice takes hardly more time than doing them once.
    struct lane *last = a->message != NULL ? a : b, *idle = last == a ? b : a;
    while (last->message != NULL) {
        idle->at = last->at;
        compress(last, idle, last->blocks);
        last->at += 64 * last->blocks;
        last->blocks = 0;
        refill(last, &next, end);
    }
}

#else

bool csha256_works(void) { return false; }

void csha256_all(const struct csha256_message *messages, size_t count) {
    (void)messages;
    (void)count;
    __builtin_trap();  // against what the declaration says
}

#endif
