// One registries.conf as it is written; registries_conf.h puts several together.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "image/registries_conf.h"

namespace skiff::image {

struct RegistriesConfFile {
  std::optional<std::vector<std::string>> search_registries;
  std::optional<std::vector<std::string>> credential_helpers;
  std::optional<ShortNameMode> short_name_mode;
  std::map<std::string, std::string> aliases;
  std::vector<RegistryRule> rules;
};

// kInvalid names file, line and column.
common::Result<RegistriesConfFile> ParseRegistriesConf(std::string_view text, const std::string& file);

}  // namespace skiff::image
