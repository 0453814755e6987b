// The verbs of skiff-transfer that talk to registries: pull, push, login, search, tags, manifest.
#pragma once

#include <string>

#include "common/result.h"
#include "common/system_paths.h"

namespace skiff::image {

bool IsRegistryVerb(const std::string& verb);
// Reads the request from standard input, writes events and at last the result to standard output. Of `store` only the roots
// of the image store count.
common::Result<> RunRegistryVerb(const std::string& verb, const common::SystemPaths& store);

}  // namespace skiff::image
