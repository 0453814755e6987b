// Which full names a short name may stand for: aliases and search registries of registries.conf (formats.md 2.1, 2.2).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/reference.h"

namespace skiff::image {

class ShortNames {
 public:
  // Reads $CONTAINERS_REGISTRIES_CONF or registries.conf, and registries.conf.d/*.conf in lexical order. A missing file is
  // fine; a broken one is kInvalid with file and line.
  static common::Result<ShortNames> Load(const common::SystemPaths& paths);

  // Full references in the order in which a local image is looked for; the reference itself when it is not short.
  std::vector<Reference> Candidates(const Reference& reference) const;

 private:
  common::Result<> Merge(const std::string& file);

  std::map<std::string, std::string> aliases_;  // an empty value switches an alias off
  std::vector<std::string> search_registries_;
};

}  // namespace skiff::image
