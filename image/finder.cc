#include "image/finder.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "image/reference.h"
#include "image/short_names.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

const StoredImage* ByName(const Snapshot& snapshot, const std::string& name) {
  for (const auto& stored : snapshot.images)
    for (const auto& known : stored.image.names)
      if (known == name) return &stored;
  return nullptr;
}

bool HasDigest(const StoredImage& stored, const std::string& digest) {
  return std::find(stored.digests.begin(), stored.digests.end(), digest) != stored.digests.end();
}

// "repo@sha256:...": an image of that digest which has a name in the repository.
const StoredImage* ByRepositoryDigest(const Snapshot& snapshot, const Reference& wanted) {
  for (const auto& stored : snapshot.images) {
    if (!HasDigest(stored, wanted.digest)) continue;
    for (const auto& name : stored.image.names) {
      const auto known = Reference::Parse(name);
      if (known && known->Repository() == wanted.Repository()) return &stored;
    }
  }
  return nullptr;
}

Result<Match> ByIdPrefix(const Snapshot& snapshot, const std::string& prefix) {
  Match match;
  for (const auto& stored : snapshot.images) {
    if (stored.image.id.compare(0, prefix.size(), prefix) != 0) continue;
    if (match.image != nullptr)
      return MakeError(ErrorCode::kInvalid, "the image id \"{}\" is ambiguous: {} and {} begin with it", prefix,
                       match.image->image.id, stored.image.id);
    match.image = &stored;
  }
  return match;
}

// A stored name whose last parts are the short name: "b:1" finds "quay.io/a/b:1".
Match ByTrailingPath(const Snapshot& snapshot, const Reference& wanted) {
  const std::string tail = "/" + wanted.ToString();
  for (const auto& stored : snapshot.images)
    for (const auto& name : stored.image.names)
      if (name.size() > tail.size() && name.compare(name.size() - tail.size(), tail.size(), tail) == 0)
        return {&stored, name};
  return {};
}

common::Error NotFound(const std::string& reference, const std::vector<std::string>& tried) {
  return MakeError(ErrorCode::kNotFound,
                   "image \"{}\" is not in the local store (looked for {}); get it with `skiff pull` or "
                   "`skiff image load`",
                   reference, fmt::join(tried, ", "));
}

}  // namespace

Result<Match> FindImage(const Snapshot& snapshot, const common::SystemPaths& paths, const std::string& text) {
  if (const std::string_view id = FullIdIn(text); !id.empty()) {
    const std::string digest = "sha256:" + std::string(id);
    for (const auto& stored : snapshot.images)
      if (stored.image.id == id || HasDigest(stored, digest)) return Match{&stored, ""};
    return NotFound(text, {"id " + std::string(id.substr(0, 12)), "digest " + digest});
  }
  ASSIGN_OR_RETURN(const Reference reference, Reference::Parse(text));
  std::vector<Reference> candidates = {reference};
  if (reference.IsShort()) {
    ASSIGN_OR_RETURN(const RegistriesConf conf, RegistriesConf::Load(paths));
    candidates = LocalCandidates(conf, reference);
  }
  std::vector<std::string> tried;
  for (const auto& candidate : candidates) {
    tried.push_back(candidate.ToString());
    if (const StoredImage* found = ByName(snapshot, tried.back())) return Match{found, tried.back()};
    if (candidate.digest.empty()) continue;
    if (const StoredImage* found = ByRepositoryDigest(snapshot, candidate)) return Match{found, ""};
  }
  if (reference.IsShort() && IsHex(text)) {
    ASSIGN_OR_RETURN(const Match match, ByIdPrefix(snapshot, text));
    if (match.image != nullptr) return match;
    tried.push_back("ids that begin with " + text);
  }
  if (reference.IsShort() && reference.digest.empty())
    if (const Match match = ByTrailingPath(snapshot, reference); match.image != nullptr) return match;
  return NotFound(text, tried);
}

}  // namespace skiff::image
