// Makes a pod's volumes ready to be mounted (kube-semantics.md 6).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "pod/context.h"
#include "pod/supervisor/plan.h"

namespace skiff::pod {

struct PreparedVolumes {
  std::map<std::string, std::string> sources;      // volume's name -> directory or file on the host
  std::vector<supervisor::TmpfsPlan> tmpfs;        // mounted by the supervisor before the first container starts
};

// Idempotent; what exists keeps its content, except volumes of files, which are written anew. The error names the volume.
common::Result<PreparedVolumes> PrepareVolumes(const Context& context, const std::string& pod_id, const PodSpec& pod);

// Where a named volume's content is.
std::string NamedVolumeData(const common::SystemPaths& paths, const std::string& name);
// Creates the folder if it is missing and returns it.
common::Result<std::string> PrepareNamedVolume(const common::SystemPaths& paths, const std::string& name);

}  // namespace skiff::pod
