// Whether a JSON text has the names and brackets of another one.
#include <string.h>

#include "kernels.h"

typedef uint8_t sixteen __attribute__((vector_size(16)));

static inline sixteen difference(const uint8_t *end, const struct cv_json_piece *piece) {
    sixteen bytes;
    memcpy(&bytes, end - 15, 16);
    return (bytes ^ *(const sixteen *)piece->bytes) & *(const sixteen *)piece->counts;
}

static inline bool is_zero(sixteen bytes) {
    uint64_t halves[2];
    memcpy(halves, &bytes, 16);
    return (halves[0] | halves[1]) == 0;
}

// As few instructions a mark as can be, and no early end: nearly all texts that are asked about have the shape.
bool cv_json_has_pieces(const uint8_t *text, const struct cv_json_outline *outline, const struct cv_json_piece *piece) {
    sixteen differences = {0};
    for (uint32_t i = 0; i < outline->word_count; i++) {
        const uint8_t *block = text + outline->starts[i];
        for (uint64_t word = outline->words[i]; word; word &= word - 1)
            differences |= difference(block + __builtin_ctzll(word), piece++);
    }
    return is_zero(differences);
}

bool cv_json_has_long_pieces(const uint8_t *text, const struct cv_json_outline *outline,
                             const struct cv_json_piece *piece, const uint32_t *further) {
    sixteen differences = {0};
    for (uint32_t i = 0; i < outline->word_count; i++) {
        for (uint64_t word = outline->words[i]; word; word &= word - 1) {
            size_t mark = outline->starts[i] + (size_t)__builtin_ctzll(word), more = *further++;
            // A name as long as this one would begin in front of the text.
            if (mark < more * 16) return false;
            for (size_t n = 0; n <= more; n++) differences |= difference(text + mark - 16 * n, piece++);
        }
    }
    return is_zero(differences);
}
