// Does several things side by side.
#pragma once

#include <cstddef>
#include <functional>

#include "common/result.h"

namespace skiff::image {

// Calls `work` with 0 to count - 1, `at_once` at a time; 0: as many as there are processors, six at most, as the disk is the
// limit beyond.
// After an error nothing new is begun; the error of the lowest number is returned.
common::Result<> RunWorkers(size_t count, unsigned at_once, const std::function<common::Result<>(size_t)>& work);

}  // namespace skiff::image
