// "Did you mean ...?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skiff::cli {

// The candidate nearest to `word`, empty when none is near enough to be what was meant.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);
// "; did you mean \"x\"?" or nothing.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace skiff::cli
