// Runs skiff-transfer for a verb that reads its request from standard input and tells of its work line by line.
#pragma once

#include <string>

#include "common/json.h"
#include "common/result.h"
#include "common/system_paths.h"
#include "image/registry.h"

namespace skiff::image {

// The result is the last line. Its own error is handed on with its code.
common::Result<common::JsonDocument> RunTransferVerb(const common::SystemPaths& paths, const char* verb, const std::string& request,
                                                     const EventSink& sink);

}  // namespace skiff::image
