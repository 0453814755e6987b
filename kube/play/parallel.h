// Blocking engine calls side by side.
#pragma once

#include <functional>
#include <vector>

#include "kube/play/backend.h"

namespace skiff::kube {

using BackendTask = std::function<void(PodBackend&)>;

// Runs all tasks, at most `workers` at once (at least one), each thread on a backend of its own; `own` serves the calling
// thread. Threads that cannot get a backend leave their share to the others.
void RunTasks(const std::vector<BackendTask>& tasks, size_t workers, PodBackend& own, const BackendFactory& open_backend);

}  // namespace skiff::kube
