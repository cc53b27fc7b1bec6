// Every vector path of every kernel against the plain C reference: `./build.sh fuzz` builds and runs this.
// The first byte of an input chooses what the slack after the text is filled with, which must not matter.
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CVector/kernels.h"

static void must(bool held) {
    if (!held) abort();
}

static void base64(const uint8_t *text, size_t count) {
    size_t room = count / 4 * 3 + CV_BASE64_ROOM;
    uint8_t *wanted = malloc(room), *got = malloc(room), *again = malloc((count + 2) / 3 * 4 + 1);
    ptrdiff_t length = cv_base64_decode_on(CV_SCALAR, text, count, wanted);
    for (enum cv_path path = CV_SSSE3; path <= CV_NEON; path++) {
        if (!cv_path_works(path)) continue;
        must(cv_base64_decode_on(path, text, count, got) == length);
        must(length <= 0 || memcmp(wanted, got, (size_t)length) == 0);
    }
    // Decoded and encoded again it is the same text, but for bits left over before the padding.
    if (length >= 0) {
        must(cv_base64_encode(wanted, (size_t)length, again) == count);
        must(count < 4 || memcmp(again, text, count - 4) == 0);
    }
    free(wanted), free(got), free(again);
}

/// A valid text that a path does not accept would be read twice, and nothing else would show it.
static void accepts_the_valid(const uint8_t *text, size_t count, unsigned depth, bool valid) {
#if CV_X86
    must((cv_json_accepts_sse2(text, count, depth, NULL) >= 0) == valid);
    if (cv_path_works(CV_AVX2)) must((cv_json_accepts_avx2(text, count, depth, NULL) >= 0) == valid);
#elif CV_ARM
    must((cv_json_accepts_neon(text, count, depth, NULL) >= 0) == valid);
#endif
}

static struct cv_json_outline outline(size_t count) {
    return (struct cv_json_outline){.words = malloc((count / 64 + 1) * sizeof(uint64_t))};
}

static void drop(struct cv_json_outline outline) { free(outline.words); }

static void same_marks(struct cv_json_outline one, struct cv_json_outline other) {
    must(one.mark_count == other.mark_count && one.word_count == other.word_count);
    must(memcmp(one.words, other.words, one.word_count * sizeof(uint64_t)) == 0);
}

static void json(uint8_t *text, size_t count, unsigned depth) {
    struct cv_json_outline marks = outline(count), again = outline(count);
    struct cv_json_verdict wanted = cv_json_check_on(CV_SCALAR, text, count, depth, &marks);
    const uint8_t *stop = cv_string_stop_on(CV_SCALAR, text, text + count);
    must(cv_string_stop(text, text + count) == stop);
    for (enum cv_path path = CV_SSSE3; path <= CV_NEON; path++) {
        if (!cv_path_works(path)) continue;
        struct cv_json_verdict got = cv_json_check_on(path, text, count, depth, &again);
        if (wanted.kind <= CV_JSON_OTHER) same_marks(marks, again);
        must(got.kind == wanted.kind && got.offset == wanted.offset && got.traits == wanted.traits);
        must(cv_string_stop_on(path, text, text + count) == stop);
    }
    drop(marks), drop(again);
    accepts_the_valid(text, count, depth, wanted.kind <= CV_JSON_OTHER);
    // On one line it is the same kind of value, and needs no second time.
    if (wanted.kind > CV_JSON_OTHER) return;
    count = cv_json_remove_line_breaks(text, count);
    struct cv_json_verdict line = cv_json_check(text, count, depth, NULL);
    must(line.kind == wanted.kind && line.traits == (wanted.traits & ~CV_JSON_LINE_BREAKS));
    must(memchr(text, '\n', count) == NULL && memchr(text, '\r', count) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
    if (size == 0) return 0;
    size_t count = size - 1;
    uint8_t *text = malloc(count + CV_SLACK);  // exactly: AddressSanitizer sees a byte more
    memcpy(text, input + 1, count);
    memset(text + count, input[0], CV_SLACK);
    base64(text, count);
    json(text, count, input[0] & 1 ? 512 : 2);
    free(text);
    return 0;
}
