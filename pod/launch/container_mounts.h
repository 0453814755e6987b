// The mounts of one container beyond the standard ones.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "pod/launch/image_cache.h"
#include "pod/pod_layout.h"
#include "pod/state/state_store.h"
#include "pod/supervisor/plan.h"
#include "runtime/oci_config.h"

namespace skiff::pod {

struct MountInput {
  const PodSpec& pod;
  const ContainerRecord& container;
  const LocalImage& image;
  const PodLayout& layout;
  const std::map<std::string, std::string>& volume_sources;
};

struct ContainerMounts {
  std::vector<runtime::OciMount> mounts;
  std::vector<supervisor::SubPath> sub_paths;
  std::string rootfs_propagation;  // as the runtime wants it: "", "rslave", "rshared"
};

// Also fills what the mounts need: new named volumes and the image's VOLUMEs from the image, the termination log. Idempotent.
common::Result<ContainerMounts> BuildMounts(const MountInput& input);

// A mount with Bidirectional propagation: mounts made inside reach the host.
bool SharesMounts(const ContainerSpec& spec);

}  // namespace skiff::pod
