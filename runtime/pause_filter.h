// The seccomp filter of the pause process.
#pragma once

#include <linux/filter.h>

#include <cstddef>

namespace skiff::runtime {

// Allows what pause.c calls and the execveat(2) that starts it; everything else fails with EPERM, and a call
// of a foreign architecture kills. Constant data: usable between clone and exec.
extern const sock_fprog kPauseFilter;

}  // namespace skiff::runtime
