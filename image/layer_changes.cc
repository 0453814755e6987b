#include "image/layer_changes.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "common/file.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::Result;
using Kind = Change::Kind;

bool IsWhiteout(const struct stat& info) { return S_ISCHR(info.st_mode) && info.st_rdev == 0; }

bool IsOpaque(const std::string& directory) {
  char value = 0;
  for (const char* name : {"trusted.overlay.opaque", "user.overlay.opaque"})
    if (::lgetxattr(directory.c_str(), name, &value, 1) == 1 && value == 'y') return true;
  return false;
}

enum class Seen { kNothing, kFile, kDirectory };

// What stands at `path` (relative) in the merged view of the layers.
Seen LookUp(const std::vector<std::string>& layers, const std::string& path) {
  for (const auto& layer : layers) {
    for (size_t slash = path.find('/');; slash = path.find('/', slash + 1)) {
      const std::string place = layer + "/" + path.substr(0, slash);
      struct stat info;
      if (::lstat(place.c_str(), &info) != 0) break;  // this layer says nothing of it
      const bool last = slash == std::string::npos;
      if (IsWhiteout(info)) return Seen::kNothing;
      if (last) return S_ISDIR(info.st_mode) ? Seen::kDirectory : Seen::kFile;
      if (!S_ISDIR(info.st_mode)) return Seen::kNothing;
      // The layers below are hidden: what is not here is nowhere.
      if (IsOpaque(place) && ::lstat((layer + "/" + path).c_str(), &info) != 0) return Seen::kNothing;
    }
  }
  return Seen::kNothing;
}

class Comparison {
 public:
  Comparison(std::string upper, const std::vector<std::string>& lower) : upper_(std::move(upper)), lower_(lower) {}

  Result<> Visit(const std::string& directory) {
    ASSIGN_OR_RETURN(const auto names, common::ListDirectory(upper_ + "/" + directory));
    for (const auto& name : names) {
      const std::string path = directory.empty() ? name : directory + "/" + name;
      struct stat info;
      if (::lstat((upper_ + "/" + path).c_str(), &info) != 0) return ErrnoError("stat {}", path);
      const Seen below = LookUp(lower_, path);
      if (IsWhiteout(info)) {
        if (below != Seen::kNothing) Add(Kind::kDeleted, path);
        continue;
      }
      Add(below == Seen::kNothing ? Kind::kAdded : Kind::kChanged, path);
      if (!S_ISDIR(info.st_mode)) continue;
      if (below == Seen::kDirectory && IsOpaque(upper_ + "/" + path)) TRY(AddHidden(path));
      TRY(Visit(path));
    }
    return {};
  }

  std::vector<Change> Take() {
    std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) { return a.path < b.path; });
    return std::move(changes_);
  }

 private:
  void Add(Kind kind, const std::string& path) { changes_.push_back({kind, "/" + path}); }

  Result<> AddHidden(const std::string& directory) {
    std::set<std::string> names;
    for (const auto& layer : lower_)
      if (const auto list = common::ListDirectory(layer + "/" + directory)) names.insert(list->begin(), list->end());
    for (const auto& name : names) {
      const std::string path = directory + "/" + name;
      if (!common::PathExists(upper_ + "/" + path) && LookUp(lower_, path) != Seen::kNothing) Add(Kind::kDeleted, path);
    }
    return {};
  }

  std::string upper_;
  const std::vector<std::string>& lower_;
  std::vector<Change> changes_;
};

}  // namespace

Result<std::vector<Change>> LayerChanges(const std::string& upper, const std::vector<std::string>& lower) {
  Comparison comparison(upper, lower);
  TRY(comparison.Visit(""));
  return comparison.Take();
}

}  // namespace skiff::image
