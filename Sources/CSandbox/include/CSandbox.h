#pragma once

#include <sys/types.h>

/// Starts `path` with its standard output and error going to `output`, signals as from a shell, and in `directory`.
/// The program is killed when the thread that started it ends: a tool that is itself killed must leave no function
/// running, least of all a frozen one that would never learn of it.
///
/// Returns the process id, or -1 with errno set (that of execve where the program could not be started).
pid_t csandbox_start(
    const char *path, char *const arguments[], char *const environment[], const char *directory, int output);

/// accept4, which glibc hides from Swift: a connection that no sandbox inherits and that never blocks. -1 where none
/// waits.
int csandbox_accept(int listener);
