// Base64 of RFC 4648, section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skiff::pod {

std::string EncodeBase64(std::string_view bytes);
// nullopt for text that no encoder writes: other characters, wrong padding, white space.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace skiff::pod
