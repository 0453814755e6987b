// Where JSON is not the subset of YAML that it is said to be.
#pragma once

#include <string>

namespace skiff::manifests {

// JSON writes characters beyond the first 65536 as two escapes, which yaml-cpp refuses: in a text that starts
// as JSON does, each pair becomes the one escape of YAML (\U0001F600). Later columns of that line move by
// two.
std::string JoinSurrogates(const std::string& text);

}  // namespace skiff::manifests
