// Where to look when YAML cannot be read: yaml-cpp tells where it stopped, which is often behind the mistake.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "kube/model/value.h"

namespace skiff::manifests {

struct QuotedScalar {
  bool quoted = false;          // an opening quote stands there
  std::optional<size_t> close;  // the offset of the quote that ends it; absent: none does
};
// yaml-cpp accepts a quote that is open at the end of the text.
QuotedScalar FindClosingQuote(std::string_view text, size_t open);

// The tab that stands where the indentation of a line (from 1) should be.
std::optional<kube::Mark> TabInIndentation(std::string_view text, int line);

// The line above `line` (both count from 1) that should have been a key but has no ": ", with its first column; nothing when
// the lines above look right.
std::optional<kube::Mark> LineWithoutColon(std::string_view text, int line);

}  // namespace skiff::manifests
