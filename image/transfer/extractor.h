// Puts tar entries into a layer's directory as overlayfs wants them (formats.md 1.11). Entries are hostile: every path is
// resolved by the kernel inside the directory (openat2(2), RESOLVE_IN_ROOT), so no "..", absolute path or symlink leads out.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "image/transfer/tar_reader.h"

namespace skiff::image {

class Extractor {
 public:
  // `user_xattrs`: mark opaque directories as an unprivileged overlay mount reads them (user.overlay.opaque).
  static common::Result<Extractor> Open(const std::string& directory, bool user_xattrs);

  // False for paths (clean) whose content is dropped: the root and whiteouts.
  static bool KeepsContent(const std::string& path);

  // Gives the entry's content piece by piece, an empty piece at the end.
  using Content = std::function<common::Result<std::string_view>()>;
  // kInvalid: the entry would lie outside, replaces a file with content, or links to nothing.
  common::Result<> Add(const TarEntry& entry, const Content& content);
  // Sets the directories' times, which adding entries to them had changed.
  common::Result<> Finish();

  const std::set<uint32_t>& uids() const { return uids_; }
  const std::set<uint32_t>& gids() const { return gids_; }

 private:
  struct DirectoryTime {
    std::string path;
    timespec mtime;
  };

  Extractor(common::UniqueFd root, bool user_xattrs) : root_(std::move(root)), user_xattrs_(user_xattrs) {}

  common::Result<int> ParentOf(const std::string& path);
  common::Result<common::UniqueFd> MakeDirectories(const std::string& path);
  common::Result<bool> ClearPlace(int parent, const std::string& name, const TarEntry& entry);
  common::Result<> AddDirectory(int parent, const std::string& name, const TarEntry& entry, const std::string& path, bool opaque);
  common::Result<> AddFile(int parent, const std::string& name, const TarEntry& entry, const Content& content);
  common::Result<> AddHardLink(int parent, const std::string& name, const TarEntry& entry, const std::string& path);
  common::Result<> AddNode(int parent, const std::string& name, const TarEntry& entry);
  common::Result<> AddWhiteout(const std::string& directory, const std::string& name, const TarEntry& entry);
  common::Result<> MarkOpaque(const std::string& directory);
  common::Result<> SetAttributes(int parent, const std::string& name, const TarEntry& entry);
  common::Result<> SetXattrs(int parent, const std::string& name, const TarEntry& entry);
  void ForgetParent() { parent_path_.assign("/"); }

  common::UniqueFd root_;
  bool user_xattrs_;
  // The last entry's directory: most entries follow one of the same directory. No clean path is "/".
  std::string parent_path_ = "/";
  common::UniqueFd parent_;
  std::vector<DirectoryTime> directory_times_;
  std::set<uint32_t> uids_, gids_;
};

// "a/b" from "./a//c/../b/"; "." for the root itself. An absolute path counts from the root. kInvalid: it leads out.
common::Result<std::string> CleanEntryPath(std::string_view path);

}  // namespace skiff::image
