#include "image/short_names.h"

#include <fmt/ranges.h>

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

// Keeps what follows the name; a repository that is not a full name is left out, as is one named already.
void Add(std::vector<Reference>& list, const Reference& reference, const std::string& repository) {
  auto full = Reference::Parse(repository);
  if (!full || full->IsShort()) return;
  full->tag = reference.tag;
  full->digest = reference.digest;
  for (const auto& known : list)
    if (known.Repository() == full->Repository()) return;
  list.push_back(std::move(*full));
}

}  // namespace

std::vector<Reference> LocalCandidates(const RegistriesConf& conf, const Reference& reference) {
  if (!reference.IsShort()) return {reference};
  std::vector<Reference> list;
  if (const auto alias = conf.Alias(reference.path)) Add(list, reference, *alias);
  Add(list, reference, "localhost/" + reference.path);
  for (const auto& registry : conf.search_registries()) Add(list, reference, registry + "/" + reference.path);
  Add(list, reference, "docker.io/" + reference.path);
  return list;
}

Result<std::vector<Reference>> PullCandidates(const RegistriesConf& conf, const Reference& reference) {
  if (!reference.IsShort()) return std::vector<Reference>{reference};
  std::vector<Reference> list;
  if (conf.short_name_mode() != ShortNameMode::kDisabled)
    if (const auto alias = conf.Alias(reference.path)) Add(list, reference, *alias);
  if (!list.empty()) return list;
  for (const auto& registry : conf.search_registries()) Add(list, reference, registry + "/" + reference.path);
  if (list.empty())
    return MakeError(ErrorCode::kInvalid,
                     "short-name \"{}\" did not resolve to an alias and no unqualified-search registries are defined in "
                     "registries.conf; write the full name, for example docker.io/library/{}",
                     reference.path, reference.path);
  if (list.size() > 1 && conf.short_name_mode() == ShortNameMode::kEnforcing)
    return MakeError(ErrorCode::kInvalid,
                     "short-name \"{}\" may come from several registries ({}) and short-name-mode is \"enforcing\"; write "
                     "the full name",
                     reference.path, fmt::join(conf.search_registries(), ", "));
  return list;
}

}  // namespace skiff::image
