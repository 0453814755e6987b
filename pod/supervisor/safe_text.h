// Text from containers, made fit for JSON.
#pragma once

#include <string>
#include <string_view>

namespace skiff::supervisor {

// At most `most` bytes of `text`, cut between characters; what is not UTF-8 becomes "?".
std::string SafeText(std::string_view text, size_t most);

}  // namespace skiff::supervisor
