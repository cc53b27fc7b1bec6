// Whether a JSON text has the names and brackets of another one.
#include "kernels.h"

bool cv_json_has_shape(const uint8_t *text, const struct cv_json_outline *outline, const struct cv_json_shape *shape) {
    return cv_json_has_shape_inline(text, outline, shape);
}

bool cv_json_has_long_shape(const uint8_t *text, const struct cv_json_outline *outline,
                            const struct cv_json_shape *shape) {
    const struct cv_json_piece *piece = shape->pieces;
    const uint32_t *further = shape->further;
    sixteen differences = {0};
    for (size_t i = 0; i < outline->word_count; i++) {
        for (uint64_t word = outline->words[i]; word; word &= word - 1) {
            size_t mark = i * 64 + (size_t)__builtin_ctzll(word), more = *further++;
            // A name as long as this one would begin in front of the text.
            if (mark < more * 16) return false;
            for (size_t n = 0; n <= more; n++) differences |= cv_json_difference(text + mark - 16 * n, piece++);
        }
    }
    return cv_json_is_zero(differences);
}
