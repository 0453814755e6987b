// Where to look when YAML cannot be read: yaml-cpp tells where it stopped, which is often behind the mistake.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "kube/value.h"

namespace skiff::manifests {

// The offset of the quote that ends the scalar whose opening quote stands at `open`; nothing when there is none, or no quote
// stands there. yaml-cpp accepts a quote that is open at the end of the text.
struct QuotedScalar {
  bool quoted = false;
  std::optional<size_t> close;
};
QuotedScalar FindClosingQuote(std::string_view text, size_t open);

// The line above `line` (both count from 1) that should have been a key but has no ": ", with its first column; nothing when
// the lines above look right.
std::optional<kube::Mark> LineWithoutColon(std::string_view text, int line);

}  // namespace skiff::manifests
