// The seccomp filter of the pause process.
#pragma once

#include <linux/filter.h>

#include <cstddef>

namespace skiff::runtime {

// Allows what pause.c calls, the execveat(2) that starts it, and what reports that this failed (write, exit_group);
// everything else fails with EPERM, and a call of a foreign architecture kills. Constant data: usable between clone and exec.
extern const sock_fprog kPauseFilter;

}  // namespace skiff::runtime
