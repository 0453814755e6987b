// Reading one file of an overlay that is not mounted.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::runtime {

// The merged view of overlay lower directories (top first), by the rules of
// Documentation/filesystems/overlayfs.rst: character devices 0:0 hide a name, directories with the opaque
// attribute hide those below them. Symlinks are resolved within the merged view; nothing outside the layers
// is ever opened.
class LayeredRoot {
 public:
  static common::Result<LayeredRoot> Open(const std::vector<std::string>& layers);

  // kNotFound: absent, hidden or not a regular file. kInvalid: too many symlinks or larger than `limit`
  // bytes.
  common::Result<std::string> ReadFile(const std::string& path, size_t limit = 16u << 20) const;

 private:
  struct Layer {
    std::string path;
    common::UniqueFd fd;
  };
  enum class Kind { kAbsent, kDirectory, kSymlink, kFile };
  // What a name is in the merged view.
  struct Entry {
    Kind kind = Kind::kAbsent;
    std::vector<size_t> layers;  // a directory's layers, top first; one for files and symlinks
    std::string target;          // of a symlink
  };

  common::Result<Entry> Lookup(const std::vector<size_t>& parents, const std::string& path) const;
  common::Result<std::string> ReadFrom(size_t layer, const std::string& path, size_t limit) const;
  bool IsOpaque(size_t layer, const std::string& path) const;

  std::vector<Layer> layers_;
};

}  // namespace skiff::runtime
