// The application interface of libfcgi (never fcgi_stdio.h, which replaces stdio), and the Linux
// calls that Swift's Glibc module does not show.
#pragma once

#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

// prctl is variadic, which Swift cannot call.
static inline int providerd_die_with_parent(int signal_number) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)signal_number, 0UL, 0UL, 0UL);
}

// The address of a unix socket; -1 when the path is too long.
static inline int providerd_unix_address(const char *path, unsigned long length, struct sockaddr_un *address) {
    if (length == 0 || length >= sizeof address->sun_path) return -1;
    __builtin_memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    __builtin_memcpy(address->sun_path, path, length);
    return 0;
}
