// What there is and how it is, for the parts of the engine.
#pragma once

#include <vector>

#include "common/result.h"
#include "pod/context.h"
#include "pod/engine.h"

namespace skiff::pod {

// Its `containers` in the order given.
common::Result<PodInfo> DescribePod(const Context& context, PodRecord pod, const std::vector<ContainerRecord>& containers);

}  // namespace skiff::pod
