// The image configuration blob (OCI image-spec config.md; Docker's is a superset).
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "image/store.h"

namespace skiff::image {

// Fills config, architecture, os and, where the record has none, created. `what` names the text in errors (kInvalid).
common::Result<> DecodeImageConfig(std::string_view json, std::string_view what, Image& image);

}  // namespace skiff::image
