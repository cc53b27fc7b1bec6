// Which instructions the kernels use: looked up once, before main, so that no call has to ask the CPU and no two
// threads can race for the answer. (No ifunc: static executables and musl do without.)
#include "kernels.h"

enum cv_path cv_chosen = CV_SCALAR;

enum cv_path cv_path(void) { return cv_chosen; }

bool cv_path_works(enum cv_path path) {
    switch (path) {
    case CV_SCALAR: return true;
#if CV_X86
    case CV_SSSE3: return __builtin_cpu_supports("ssse3");
    // The others came with AVX2 or years before; asked for all the same, since the AVX2 kernels use it.
    case CV_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("lzcnt") &&
               __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("popcnt");
    case CV_AVX512:
        return cv_path_works(CV_AVX2) && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
#elif CV_ARM
    case CV_NEON: return true;  // part of every arm64 CPU
#endif
    default: return false;
    }
}

__attribute__((constructor)) static void choose(void) {
#if CV_X86
    __builtin_cpu_init();
#endif
    for (enum cv_path path = CV_SSSE3; path <= CV_NEON; path++)
        if (cv_path_works(path)) cv_chosen = path;
    cv_json_choose(cv_chosen);
}
