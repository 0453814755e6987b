// From what a user types to an id.
#pragma once

#include <string>

#include "common/result.h"
#include "pod/state/state_store.h"

namespace skiff::pod {

// Name ("web", "NAMESPACE/web"), id or unique id prefix. kNotFound; kInvalid when ambiguous.
common::Result<std::string> FindPodId(StateStore& store, const std::string& name_or_id);
common::Result<std::string> FindContainerId(StateStore& store, const std::string& name_or_id);

// The record; kNotFound when another command has removed it meanwhile.
common::Result<PodRecord> RequirePod(StateStore& store, const std::string& id);
common::Result<ContainerRecord> RequireContainer(StateStore& store, const std::string& id);

// The pod's spec with the specs of its containers in it.
common::Result<PodRecord> RequireWholePod(StateStore& store, const std::string& id,
                                          std::vector<ContainerRecord>& containers);
void AddContainerSpecs(PodSpec& spec, const std::vector<ContainerRecord>& containers);

}  // namespace skiff::pod
