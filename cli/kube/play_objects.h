// Playing for the commands that are kubectl's: apply, scale, delete.
#pragma once

#include <vector>

#include "cli/command.h"
#include "common/result.h"
#include "kube/play/play.h"

namespace skiff::cli {

// As play does it; errors are shown, the report tells what was done all the same. `as_before`: Deployments keep the network
// and the published ports of their last play.
common::Result<kube::PlayReport> PlayObjects(Context& context, const std::vector<kube::Object>& objects, bool as_before);

}  // namespace skiff::cli
