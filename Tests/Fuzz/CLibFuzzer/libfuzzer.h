// libFuzzer's entry point for programs that have a `main` of their own (https://llvm.org/docs/LibFuzzer.html,
// "Using libFuzzer as a library"). SwiftPM gives every Swift executable one, so libFuzzer's cannot be linked.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Runs `test_one_input` by the options in the arguments; returns the exit code. Ends the process on a crash.
int LLVMFuzzerRunDriver(
    int *argument_count, char ***arguments, int (*test_one_input)(const uint8_t *start, size_t count));
