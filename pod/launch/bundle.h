// From a container's record to its bundle (config.json) and its part of the supervisor's plan.
#pragma once

#include <map>
#include <string>

#include "common/result.h"
#include "pod/context.h"
#include "pod/launch/environment.h"
#include "pod/supervisor/plan.h"
#include "runtime/cgroup.h"

namespace skiff::pod {

// What all containers of a starting pod have in common.
struct PodSetting {
  std::string pod_id;
  const PodSpec& pod;
  LateValues late;  // without `home`
  std::map<std::string, std::string> volume_sources;
  runtime::CgroupSupport cgroups;
};

// Writes the bundle and prepares what its mounts need. The error names the container.
common::Result<supervisor::ContainerPlan> WriteBundle(Context& context, const PodSetting& setting,
                                                      const ContainerRecord& container);

}  // namespace skiff::pod
