// Whether a whole text is UTF-8; asked only of texts that are not plain ASCII.
#include <string.h>

#include "kernels.h"

bool cv_utf8_valid(const uint8_t *text, size_t count) {
    size_t i = 0;
    while (i < count) {
        uint64_t eight;
        memcpy(&eight, text + i, 8);  // may reach into the slack; the bytes there are not judged
        if ((eight & 0x8080808080808080) == 0) {
            i += 8;
        } else if (text[i] < 0x80) {
            i++;
        } else {
            unsigned length = cv_utf8_sequence(text + i, count - i);
            if (length == 0) return false;
            i += length;
        }
    }
    return true;
}
