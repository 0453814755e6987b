// How an image came about, as its configuration tells (OCI image-spec config.md, "history").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "image/store.h"

namespace skiff::image {

struct HistoryStep {
  std::string created;  // RFC 3339
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;
  bool operator==(const HistoryStep&) const = default;
};

// Oldest first. An image without history has a step for each of its layers.
common::Result<std::vector<HistoryStep>> ReadHistory(const Store& store, const Image& image);

}  // namespace skiff::image
