// Small text helpers of messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skiff::kube {

// As a JSON string: quotes, backslashes and control characters escaped.
std::string QuoteText(std::string_view text);
// The candidate that `word` was probably meant to be (few edits away, case ignored); empty when none is near.
std::string_view FindSimilar(std::string_view word, const std::vector<std::string_view>& candidates);
// `, did you mean "x"?`, or nothing.
std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace skiff::kube
