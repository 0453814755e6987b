// Signals by name or number, as images and command lines write them.
#pragma once

#include <optional>
#include <string_view>

namespace skiff::pod {

// "SIGTERM", "term", "15", "SIGRTMIN+3".
std::optional<int> ParseSignal(std::string_view text);

}  // namespace skiff::pod
