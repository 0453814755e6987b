// Gives up access to files that unpacking does not need, so that a flaw in a parser of hostile bytes stays in the store.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace skiff::image {

// From here on this thread and its children open nothing outside the directories of `store` (all access) and those of `readable` (files
// or directories; those that are not there are skipped); what is open stays open. landlock(7); a kernel without it (or before 5.19, which cannot move files between
// directories under it) confines nothing, and that is no error. A directory in the store that may be a mount of its own must be named
// too: when podman unmounts it, what we have open in it no longer counts as part of the store.
common::Result<> TryConfineFiles(const std::vector<std::string>& store, const std::vector<std::string>& readable,
                                 bool may_run_programs = false);

}  // namespace skiff::image
