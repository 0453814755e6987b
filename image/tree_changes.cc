#include "image/tree_changes.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "common/file.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::Result;
using Kind = Change::Kind;

bool Differs(const struct stat& a, const struct stat& b) {
  if (a.st_mode != b.st_mode || a.st_uid != b.st_uid || a.st_gid != b.st_gid || a.st_rdev != b.st_rdev) return true;
  if (S_ISDIR(a.st_mode)) return false;
  return a.st_size != b.st_size || a.st_mtim.tv_sec != b.st_mtim.tv_sec || a.st_mtim.tv_nsec != b.st_mtim.tv_nsec;
}

class TreeComparison {
 public:
  TreeComparison(const std::string& new_root, const std::string& old_root) : new_root_(new_root), old_root_(old_root) {}

  // `directory` is in the new tree; in the old one too, if `is_in_both`.
  Result<> Visit(const std::string& directory, bool is_in_both) {
    ASSIGN_OR_RETURN(const auto new_names, common::ListDirectory(new_root_ + directory));
    std::vector<std::string> gone;
    if (is_in_both) {
      ASSIGN_OR_RETURN(gone, common::ListDirectory(old_root_ + directory));
    }
    const std::set<std::string> kept(new_names.begin(), new_names.end());
    std::erase_if(gone, [&](const std::string& name) { return kept.contains(name); });
    for (const auto& name : gone) changes_.push_back({Kind::kDeleted, directory + "/" + name});
    for (const auto& name : new_names) TRY(VisitEntry(directory + "/" + name, is_in_both));
    return {};
  }

  std::vector<Change> Take() {
    std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) { return a.path < b.path; });
    return std::move(changes_);
  }

 private:
  Result<> VisitEntry(const std::string& path, bool is_parent_in_both) {
    struct stat now, before;
    if (::lstat((new_root_ + path).c_str(), &now) != 0) return ErrnoError("stat {}", path);
    const bool was_there = is_parent_in_both && ::lstat((old_root_ + path).c_str(), &before) == 0;
    const size_t changes_before = changes_.size();
    if (S_ISDIR(now.st_mode)) TRY(Visit(path, was_there && S_ISDIR(before.st_mode)));
    if (!was_there) changes_.push_back({Kind::kAdded, path});
    else if (changes_.size() > changes_before || Differs(now, before)) changes_.push_back({Kind::kChanged, path});
    return {};
  }

  const std::string& new_root_;
  const std::string& old_root_;
  std::vector<Change> changes_;
};

}  // namespace

Result<std::vector<Change>> TreeChanges(const std::string& new_root, const std::string& old_root) {
  TreeComparison comparison(new_root, old_root);
  TRY(comparison.Visit("", true));
  return comparison.Take();
}

}  // namespace skiff::image
