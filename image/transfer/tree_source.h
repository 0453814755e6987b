// A directory tree as a tar stream: entries sorted by name, directories before what is in them.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "image/transfer/byte_source.h"

namespace skiff::image {

struct TreeOptions {
  // The tree is an overlay's upper directory: its whiteouts and opaque directories become ".wh." entries.
  bool is_upper = false;
  // Whether a lower layer has the directory; an opaque mark on any other hides nothing and is dropped. Empty: keep all.
  std::function<bool(const std::string& path)> lower_has_directory;
  // Paths ("etc/hosts") that are left out.
  std::function<bool(const std::string& path, const struct stat& info)> leave_out;
};

// The root itself is not an entry. Sockets are left out: tar has no kind for them.
std::unique_ptr<ByteSource> ReadTree(common::UniqueFd directory, TreeOptions options);

}  // namespace skiff::image
