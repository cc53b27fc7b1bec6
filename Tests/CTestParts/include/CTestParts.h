// GNU calls that Swift's Glibc module does not show: they open descriptors that no child inherits. Without them a
// program started by one test would hold the pipes and connections of another open.
#ifndef KAFKA_TO_S3_CTESTPARTS_H
#define KAFKA_TO_S3_CTESTPARTS_H

#include <spawn.h>
#include <stddef.h>

int test_parts_pipe(int ends[2]);
int test_parts_accept(int listener);
int test_parts_spawn_in(posix_spawn_file_actions_t *actions, const char *directory);

/// How many bytes malloc has given from this address on, at least as many as were asked for.
size_t test_parts_allocated(void *memory);

#endif
