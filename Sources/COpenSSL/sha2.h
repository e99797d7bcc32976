// SHA-2 as a plain value on the caller's stack.
//
// The EVP digests of OpenSSL 3 allocate, so they can fail, and a digest that can fail is either an error at
// every call or, worse, an empty result that compares equal to another one. The low-level functions cannot
// fail, need no allocation and let a keyed HMAC state be copied by assignment. They are marked deprecated in
// favour of EVP and are still what EVP's default provider runs.
#pragma once

#include <openssl/sha.h>
#include <stddef.h>

/// A running SHA-256, SHA-384 or SHA-512.
typedef struct {
    int bits;
    union {
        SHA256_CTX narrow;
        SHA512_CTX wide;
    } state;
} SHA2State;

/// `bits` is 256, 384 or 512; anything else is taken for 512.
static inline void sha2_begin(SHA2State *running, int bits) {
    running->bits = bits;
    if (bits == 256) {
        SHA256_Init(&running->state.narrow);
    } else if (bits == 384) {
        SHA384_Init(&running->state.wide);
    } else {
        SHA512_Init(&running->state.wide);
    }
}

static inline void sha2_update(SHA2State *running, const void *octets, size_t count) {
    if (running->bits == 256) {
        SHA256_Update(&running->state.narrow, octets, count);
    } else {
        SHA512_Update(&running->state.wide, octets, count);
    }
}

/// `digest` has room for `bits / 8` octets.
static inline void sha2_finish(SHA2State *running, unsigned char *digest) {
    if (running->bits == 256) {
        SHA256_Final(digest, &running->state.narrow);
    } else if (running->bits == 384) {
        SHA384_Final(digest, &running->state.wide);
    } else {
        SHA512_Final(digest, &running->state.wide);
    }
}
