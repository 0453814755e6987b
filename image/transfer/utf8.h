// Whether bytes are UTF-8.
#pragma once

#include <string_view>

namespace skiff::image {

// By RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

}  // namespace skiff::image
