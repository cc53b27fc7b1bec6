#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// Between fork and exec of a program with threads only async-signal-safe calls are allowed; all of these are.
static void become(
    const char *path, char *const arguments[], char *const environment[], const char *directory, int output,
    pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // it died before the line above
    // Ctrl-C reaches the whole foreground group; the tool lets the batch in flight end first.
    setpgid(0, 0);
    for (int number = 1; number < 32; number++) {
        struct sigaction plain = {.sa_handler = SIG_DFL};
        sigaction(number, &plain, NULL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0) dup2(null, 0);
    dup2(output, 1);
    dup2(output, 2);
    if (directory && chdir(directory) != 0) return;
    execve(path, arguments, environment);
}

pid_t csandbox_start(
    const char *path, char *const arguments[], char *const environment[], const char *directory, int output) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        become(path, arguments, environment, directory, output, parent);
        int problem = errno;
        (void)!write(report[1], &problem, sizeof problem);
        _exit(127);
    }
    int fork_problem = errno;
    close(report[1]);
    int problem = 0;
    if (child > 0) {
        // The pipe closes itself at a successful exec.
        ssize_t count;
        while ((count = read(report[0], &problem, sizeof problem)) < 0 && errno == EINTR) {}
        if (count == (ssize_t)sizeof problem) {
            while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
            child = -1;
        }
    } else {
        problem = fork_problem;
    }
    close(report[0]);
    errno = problem;
    return child;
}

int csandbox_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }
