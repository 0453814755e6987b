#include "image/short_names.h"

#include <cstdlib>

#include "common/file.h"
#include "image/toml_subset.h"

namespace skiff::image {

using common::ErrorCode;
using common::Result;

Result<> ShortNames::Merge(const std::string& file) {
  auto text = common::ReadFile(file);
  if (!text && text.error().code() == ErrorCode::kNotFound) return {};
  if (!text) return std::move(text).error();
  ASSIGN_OR_RETURN(const TomlSubset toml, ParseTomlSubset(*text, file));
  const std::string prefix = TomlSubset::Key("aliases", "");
  for (auto it = toml.strings.lower_bound(prefix); it != toml.strings.end(); ++it) {
    if (it->first.compare(0, prefix.size(), prefix) != 0) break;
    aliases_[it->first.substr(prefix.size())] = it->second;
  }
  // A list replaces the one of an earlier file even when it is empty.
  const auto search = toml.lists.find(TomlSubset::Key("", "unqualified-search-registries"));
  if (search != toml.lists.end()) search_registries_ = search->second;
  return {};
}

Result<ShortNames> ShortNames::Load(const common::SystemPaths& paths) {
  ShortNames names;
  const char* override_file = ::getenv("CONTAINERS_REGISTRIES_CONF");
  if (override_file != nullptr && *override_file != '\0') {
    TRY(names.Merge(override_file));
    return names;
  }
  TRY(names.Merge(paths.config_dir + "/registries.conf"));
  const std::string folder = paths.config_dir + "/registries.conf.d";
  auto files = common::ListDirectory(folder);
  if (!files && files.error().code() == ErrorCode::kNotFound) return names;
  if (!files) return std::move(files).error();
  for (const auto& file : *files)
    if (file.size() > 5 && file.compare(file.size() - 5, 5, ".conf") == 0) TRY(names.Merge(folder + "/" + file));
  return names;
}

std::vector<Reference> ShortNames::Candidates(const Reference& reference) const {
  if (!reference.IsShort()) return {reference};
  std::vector<Reference> result;
  const auto add = [&](const std::string& repository) {
    auto full = Reference::Parse(repository);
    if (!full || full->IsShort()) return;
    full->tag = reference.tag;
    full->digest = reference.digest;
    for (const auto& known : result)
      if (known.Repository() == full->Repository()) return;
    result.push_back(std::move(*full));
  };
  if (const auto alias = aliases_.find(reference.path); alias != aliases_.end()) add(alias->second);
  add("localhost/" + reference.path);
  for (const auto& registry : search_registries_) add(registry + "/" + reference.path);
  add("docker.io/" + reference.path);
  return result;
}

}  // namespace skiff::image
