// fsGroup: makes a volume readable and writable for a group (kube-semantics.md 6.3).
#pragma once

#include <sys/types.h>

#include <string>

#include "common/result.h"

namespace skiff::pod {

// Recursively: the group, read and write for it, directories also search and setgid. `on_root_mismatch`: not when the top
// directory is right already. Links are not followed.
common::Result<> ApplyFsGroup(const std::string& directory, gid_t group, bool on_root_mismatch);

}  // namespace skiff::pod
