// Linked into the static bootstrap before Swift's libraries, so that these are found first and what only they need is
// left out: a program that gets here all the same is ended.
//
// swift-log can carry a logger along in a task. bootstrap has no tasks, but the linker takes from an archive whatever
// is named anywhere, and only then looks for what is reached: Swift's concurrency library and libdispatch, 0.6 MB. Code
// that is really concurrent names more than this; the linker then finds these symbols twice, and says so.

#include <stdlib.h>

#define UNREACHED(number, symbol) \
    void unreached_##number(void) __asm__(symbol); \
    void unreached_##number(void) { abort(); }

UNREACHED(0, "swift_task_alloc")
UNREACHED(1, "swift_task_dealloc")
UNREACHED(2, "swift_task_switch")
UNREACHED(3, "$sScA15unownedExecutorScevgTj")
UNREACHED(4, "$ss9TaskLocalC12wrappedValueAByxGx_tcfc")
UNREACHED(5, "$ss9TaskLocalC9withValue_9operation4file4lineqd__x_qd__yKXESSSutKlF")
UNREACHED(6, "$ss9TaskLocalC9withValue_9operation9isolation4file4lineqd__x_qd__yYaKXEScA_pSgYiSSSutYaKlFTu")
UNREACHED(7, "$ss9TaskLocalC9withValue_9operation9isolation4file4lineqd__x_qd__yYaKXEScA_pSgYiSSSutYaKlF")
UNREACHED(8, "$ss9TaskLocalC3getxyF")
UNREACHED(9, "$ss9TaskLocalCMn")

// How long the name of a character is, such as LATIN SMALL LETTER A. The names are 0.55 MB.
int _swift_stdlib_getScalarName(unsigned scalar, unsigned char *name, long capacity) {
    (void)scalar, (void)name, (void)capacity;
    return 0;
}
