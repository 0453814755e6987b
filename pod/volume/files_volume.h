// ConfigMap and Secret volumes on disk, in the kubelet's layout (kube-semantics.md 6.1): the files are in a dated folder,
// "..data" points to it, and each first path component is a link through "..data". Replacing that one link replaces all
// files at once for readers and for inotify.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "pod/spec.h"

namespace skiff::pod {

// Makes `directory` hold exactly these files; works on an empty, an earlier and a half-written one. With `fs_group` the
// files belong to that group and its members may read them. kInvalid: a path that leaves the directory.
common::Result<> WriteFilesVolume(const std::string& directory, const std::vector<FilesVolume::File>& files,
                                  std::optional<int64_t> fs_group);

}  // namespace skiff::pod
