// The application interface of libfcgi (never fcgi_stdio.h, which replaces stdio), and the Linux
// calls that Swift's Glibc module does not show.
#pragma once

#include <errno.h>
#include <fcgiapp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
