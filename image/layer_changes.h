// What a layer adds to, changes in and removes from those below it.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace skiff::image {

struct Change {
  enum class Kind { kAdded, kChanged, kDeleted };
  Kind kind;
  std::string path;  // absolute
  bool operator==(const Change&) const = default;
};

// `upper` is an overlay directory, `lower` those below it, top first. By path; a directory that is in both counts as changed
// (something in it is). What an opaque directory hides is deleted.
common::Result<std::vector<Change>> LayerChanges(const std::string& upper, const std::vector<std::string>& lower);

}  // namespace skiff::image
