// The part of TOML that registries.conf needs: tables, strings and lists of strings. Other values are skipped.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace skiff::image {

struct TomlSubset {
  // Keyed by table and key joined with '\n' ("aliases\nfedora"); top-level keys have an empty table name.
  std::map<std::string, std::string> strings;
  std::map<std::string, std::vector<std::string>> lists;

  static std::string Key(std::string_view table, std::string_view key) { return std::string(table) + "\n" + std::string(key); }
};

// `file` names the text in errors (kInvalid, with the line).
common::Result<TomlSubset> ParseTomlSubset(std::string_view text, std::string_view file);

}  // namespace skiff::image
