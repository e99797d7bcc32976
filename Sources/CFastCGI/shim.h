// The application interface of libfcgi (never fcgi_stdio.h, which replaces stdio), and the Linux
// calls that Swift's Glibc module does not show or cannot call (variadic, or behind _GNU_SOURCE).
#pragma once

#include <errno.h>
#include <fcgiapp.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Accepts a connection that no child process inherits. -1 and errno as accept(2).
static inline int fastcgi_accept(int listener) {
    const int close_on_exec = 02000000; /* SOCK_CLOEXEC */
    return (int)syscall(SYS_accept4, listener, (void *)0, (void *)0, close_on_exec);
}

/// An anonymous file in memory that no child process inherits. -1 and errno as memfd_create(2).
static inline int fastcgi_memory_file(void) {
    const unsigned int close_on_exec = 1; /* MFD_CLOEXEC */
    return (int)syscall(SYS_memfd_create, "request", close_on_exec);
}

/// The environment of this process, ended by NULL.
static inline char **fastcgi_environment(void) {
    extern char **environ;
    return environ;
}

/// Has the child close every descriptor from `first` on. 0 or the error number.
static inline int fastcgi_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

/// Has the kernel send `signal` to this process when the thread that started it ends.
static inline int fastcgi_signal_on_parent_death(int signal) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0UL, 0UL, 0UL);
}

/// Watches `descriptor`; `operation` is one of EPOLL_CTL_*. 0, or the errno.
static inline int fastcgi_epoll_control(int epoll, int operation, int descriptor, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.fd = descriptor}};
    return epoll_ctl(epoll, operation, descriptor, &event) == 0 ? 0 : errno;
}

/// Waits for one event. The descriptor, -1 when the time passed, -2 on an error (errno).
static inline int fastcgi_epoll_wait(int epoll, int milliseconds) {
    struct epoll_event event;
    const int count = epoll_wait(epoll, &event, 1, milliseconds);
    return count > 0 ? event.data.fd : (count == 0 ? -1 : -2);
}

enum {
    fastcgi_epoll_readable = EPOLLIN,
    fastcgi_epoll_once = EPOLLONESHOT,
    fastcgi_epoll_exclusive = EPOLLEXCLUSIVE,
    fastcgi_poll_peer_closed = 0x2000 /* POLLRDHUP, the same on every Linux architecture but SPARC */
};
