#include "cli/image/image_names.h"

#include <algorithm>

namespace skiff::cli {

std::pair<std::string, std::string> SplitTag(const std::string& name) {
  const size_t at = name.find('@');
  if (at != std::string::npos) return {name.substr(0, at), "<none>"};
  const size_t colon = name.rfind(':');
  const size_t slash = name.rfind('/');
  if (colon == std::string::npos || (slash != std::string::npos && colon < slash)) return {name, "<none>"};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

std::vector<std::string> RepoDigests(const image::Image& image) {
  std::vector<std::string> digests;
  for (const std::string& name : image.names) {
    const std::string digest = SplitTag(name).first + "@" + image.digest;
    if (std::find(digests.begin(), digests.end(), digest) == digests.end()) digests.push_back(digest);
  }
  return digests;
}

}  // namespace skiff::cli
