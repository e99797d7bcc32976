// libpq. Debian's pkg-config file names the folder; the plain name works there and elsewhere.
#pragma once

#include <libpq-fe.h>
