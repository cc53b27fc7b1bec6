#define _GNU_SOURCE
#include "CTestParts.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

int test_parts_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int test_parts_accept(int listener) { return accept4(listener, 0, 0, SOCK_CLOEXEC); }

int test_parts_spawn_in(posix_spawn_file_actions_t *actions, const char *directory) {
    return posix_spawn_file_actions_addchdir_np(actions, directory);
}

size_t test_parts_allocated(void *memory) { return malloc_usable_size(memory); }
