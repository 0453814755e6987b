// Starting one container of a pod that may or may not live.
#pragma once

#include "common/result.h"
#include "pod/context.h"

namespace skiff::pod {

// `held`: only brought so far that "start" over the control socket runs it, so that somebody can attach before.
common::Result<> StartContainerWith(Context& context, const ContainerRecord& container, bool held);

}  // namespace skiff::pod
